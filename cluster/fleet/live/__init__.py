"""A cluster that runs: what Ray says of its nodes and of what waits for one, and draining a node."""
