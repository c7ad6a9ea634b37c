"""`cluster.yaml`, made of a source and its ground: for Ray's launcher on AWS, and for KubeRay."""
