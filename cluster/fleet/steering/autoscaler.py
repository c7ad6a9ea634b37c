"""What Ray's autoscaler tells of its nodes: how many there are of each type, and what was refused."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime

from ray.autoscaler.v2.schema import ClusterStatus, NodeInfo
from ray.autoscaler.v2.sdk import get_cluster_status
from ray.exceptions import RayError

from cluster.errors import PlatformError


@dataclass(frozen=True)
class Told:
    """Nodes that were bought, and the last refused launch, each by node type.

    A launch that is under way counts as none: of a type that is refused there always is one.
    """

    nodes: dict[str, int]
    refused: dict[str, datetime]


def ask(gcs_address: str) -> Told:
    """Raises PlatformError while the cluster's head, or its autoscaler, is away."""
    try:
        return _told(get_cluster_status(gcs_address))
    except (RayError, RuntimeError) as exc:
        raise PlatformError(f"Ray at {gcs_address} does not tell of its nodes: {exc}") from exc


def _told(status: ClusterStatus) -> Told:
    nodes = Counter(
        _type(node) for node in [*status.active_nodes, *status.idle_nodes, *status.pending_nodes]
    )
    refused: dict[str, datetime] = {}
    for launch in status.failed_launches:
        at = datetime.fromtimestamp(launch.failed_ts_s or launch.request_ts_s, UTC)
        name = launch.ray_node_type_name
        refused[name] = max(at, refused.get(name, at))
    return Told(dict(nodes), refused)


def _type(node: NodeInfo) -> str:
    return str(node.ray_node_type_name)
