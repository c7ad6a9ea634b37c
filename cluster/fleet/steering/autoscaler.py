"""What Ray's autoscaler tells of its nodes: how many there are of each type, and what was refused."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from ray.autoscaler.v2.sdk import get_cluster_status
from ray.exceptions import RayError

from cluster.errors import PlatformError
from cluster.fleet.live.view import ClusterView, view


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
        return _told(view(get_cluster_status(gcs_address)))
    except (RayError, RuntimeError) as exc:
        raise PlatformError(f"Ray at {gcs_address} does not tell of its nodes: {exc}") from exc


def _told(seen: ClusterView) -> Told:
    refused: dict[str, datetime] = {}
    for launch in seen.launches:
        if launch.refused:
            refused[launch.type] = max(launch.at, refused.get(launch.type, launch.at))
    return Told(Counter(node.type for node in seen.nodes), refused)
