"""A cloud on this machine: its nodes are Ray nodes, and what a file names is refused or never joins."""

import json
import time
from pathlib import Path

from ray.autoscaler._private.fake_multi_node.node_provider import FakeMultiNodeProvider
from ray.autoscaler.node_launch_exception import NodeLaunchException
from ray.autoscaler.tags import (
    NODE_KIND_WORKER,
    TAG_RAY_NODE_KIND,
    TAG_RAY_NODE_NAME,
    TAG_RAY_USER_NODE_TYPE,
)

DUD_S = 8


class Cloud(FakeMultiNodeProvider):
    """`provider.refuses` in the configuration is a JSON file.

    It names the node types without capacity, and as `dud:NAME` those whose nodes are there for some
    seconds and go without that Ray had begun on them.
    """

    def create_node_with_resources_and_labels(self, node_config, tags, count, resources, labels):
        name = tags[TAG_RAY_USER_NODE_TYPE]
        if name in self._named():
            raise NodeLaunchException("InsufficientInstanceCapacity", f"no {name} left", None)
        super().create_node_with_resources_and_labels(node_config, tags, count, resources, labels)

    def _create_node_with_resources_and_labels(self, node_config, tags, count, resources, labels):
        if f"dud:{tags[TAG_RAY_USER_NODE_TYPE]}" not in self._named():
            super()._create_node_with_resources_and_labels(
                node_config, tags, count, resources, labels
            )
            return
        name = self._next_hex_node_id()
        told = {TAG_RAY_NODE_KIND: NODE_KIND_WORKER, TAG_RAY_NODE_NAME: name} | tags
        self._nodes[name] = {"tags": told, "gone_at": time.monotonic() + DUD_S}

    def non_terminated_nodes(self, tag_filters):
        with self.lock:
            for name, node in list(self._nodes.items()):
                if node.get("gone_at", float("inf")) < time.monotonic():
                    del self._nodes[name]
        return super().non_terminated_nodes(tag_filters)

    def _terminate_node(self, node):
        if "node" in node:
            super()._terminate_node(node)

    def _named(self):
        return json.loads(Path(self.provider_config["refuses"]).read_text())
