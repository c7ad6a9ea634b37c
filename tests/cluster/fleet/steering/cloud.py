"""A cloud on this machine: its nodes are Ray nodes, and what a file names is refused."""

import json
from pathlib import Path

from ray.autoscaler._private.fake_multi_node.node_provider import FakeMultiNodeProvider
from ray.autoscaler.node_launch_exception import NodeLaunchException
from ray.autoscaler.tags import TAG_RAY_USER_NODE_TYPE


class Cloud(FakeMultiNodeProvider):
    """`provider.refuses` in the configuration is a JSON file with the node types without capacity."""

    def create_node_with_resources_and_labels(self, node_config, tags, count, resources, labels):
        name = tags[TAG_RAY_USER_NODE_TYPE]
        if name in json.loads(Path(self.provider_config["refuses"]).read_text()):
            raise NodeLaunchException("InsufficientInstanceCapacity", f"no {name} left", None)
        super().create_node_with_resources_and_labels(node_config, tags, count, resources, labels)
