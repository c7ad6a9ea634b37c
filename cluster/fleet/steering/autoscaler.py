"""What Ray's autoscaler tells of its nodes: which come, which run, and what was refused."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ray.autoscaler.v2.sdk import get_cluster_status
from ray.exceptions import RayError

from cluster.errors import PlatformError
from cluster.fleet.live.view import view


@dataclass(frozen=True)
class Told:
    """Types of the nodes that come, by the launcher's ids, and of those that run, by Ray's.

    `refused` is the last refused launch of each node type, `launching` the types with one under way;
    that counts as no node: of a type that is refused there always is one.
    """

    coming: Mapping[str, str] = field(default_factory=dict)
    running: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, datetime] = field(default_factory=dict)
    launching: frozenset[str] = frozenset()

    @property
    def nodes(self) -> Counter[str]:
        """How many nodes of each type were bought."""
        return Counter([*self.coming.values(), *self.running.values()])


def ask(gcs_address: str) -> Told:
    """Raises PlatformError while the cluster's head, or its autoscaler, is away."""
    try:
        return _told(get_cluster_status(gcs_address))
    except (RayError, RuntimeError) as exc:
        raise PlatformError(f"Ray at {gcs_address} does not tell of its nodes: {exc}") from exc


def _told(status: Any) -> Told:
    refused: dict[str, datetime] = {}
    launches = view(status).launches
    for launch in launches:
        if launch.refused:
            refused[launch.type] = max(launch.at, refused.get(launch.type, launch.at))
    alive = [*status.active_nodes, *status.idle_nodes]
    return Told(
        {node.instance_id: node.ray_node_type_name for node in status.pending_nodes},
        {node.node_id: node.ray_node_type_name for node in alive},
        refused,
        frozenset(launch.type for launch in launches if not launch.refused),
    )
