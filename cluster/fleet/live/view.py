"""A running cluster as people look at it: nodes by pool, what waits, what could not be bought."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from cluster.errors import BadInput, Conflict, NotFound
from cluster.fleet.pools import MARKET_LABEL, of_labels

_HEAD: Final = "node:__internal_head__"
# Short enough to type, long enough to mean one node.
_SHORTEST_ID: Final = 6
# What each kind of demand is called in Ray's report.
_KINDS: Final[Mapping[str, str]] = {
    "ray_task_actor_demand": "tasks and actors",
    "placement_group_demand": "placement groups",
    "cluster_constraint_demand": "asked for beforehand",
}


@dataclass(frozen=True)
class LiveNode:
    """One node. `id` is None of one that is still coming; `state` is Ray's own word in lower case."""

    id: str | None
    type: str
    pools: tuple[str, ...]
    market: str | None
    address: str
    state: str
    is_head: bool
    total: Mapping[str, float]
    used: Mapping[str, float]


@dataclass(frozen=True)
class Waiting:
    """A demand that no node has room for, and how often; Ray does not tell which labels it asks for."""

    kind: str
    resources: Mapping[str, float]
    count: int


@dataclass(frozen=True)
class Launch:
    """Machines that were asked of the cloud: under way, or refused with its reason."""

    type: str
    count: int
    refused: bool
    at: datetime
    reason: str | None


@dataclass(frozen=True)
class ClusterView:
    """What Ray's control service and its autoscaler say, at one moment."""

    nodes: tuple[LiveNode, ...]
    waiting: tuple[Waiting, ...]
    launches: tuple[Launch, ...]


def view(told: Any) -> ClusterView:
    """What `get_cluster_status` of Ray's autoscaler gave, in our words."""
    alive = [*told.active_nodes, *told.idle_nodes, *told.pending_nodes]
    nodes = sorted(map(_node, alive), key=lambda node: (not node.is_head, node.pools, node.address))
    launches = [
        *(_launch(launch, refused=False) for launch in told.pending_launches),
        *(_launch(launch, refused=True) for launch in told.failed_launches),
    ]
    return ClusterView(tuple(nodes), tuple(_waiting(told.resource_demands)), tuple(launches))


def find(nodes: Sequence[LiveNode], wanted: str) -> LiveNode:
    """The node of that id, begin of an id or address. Raises NotFound, and BadInput for several."""
    named = [
        node
        for node in nodes
        if node.id
        and (node.address == wanted or (len(wanted) >= _SHORTEST_ID and node.id.startswith(wanted)))
    ]
    if len(named) > 1:
        ids = ", ".join(str(node.id)[:12] for node in named)
        raise BadInput(f"{wanted} means {len(named)} nodes ({ids}): give more of its id")
    if not named:
        raise NotFound(f"no node {wanted} runs: `trii cluster status` lists them by id and address")
    return named[0]


def check_drain(nodes: Sequence[LiveNode], leaving: LiveNode, *, insist: bool) -> None:
    """Raise Conflict for a node that can't go, and where its work has no other node to go to."""
    if leaving.is_head:
        raise Conflict(
            f"{leaving.address} is the head, whose control processes have no other node: "
            "`trii down` ends a cluster, and `ray up` replaces a head"
        )
    others = {pool for node in nodes if node is not leaving and node.id for pool in node.pools}
    alone = [pool for pool in leaving.pools if pool not in others]
    if alone and not insist:
        raise Conflict(
            f"{leaving.address} is the last node of {' and '.join(alone)}: what runs there has no "
            "other to go to; `--yes` drains it all the same"
        )


def _node(told: Any) -> LiveNode:
    labels = told.labels or {}
    total = told.total_resources()
    return LiveNode(
        id=told.node_id,
        type=told.ray_node_type_name,
        pools=of_labels(labels),
        market=labels.get(MARKET_LABEL),
        address=told.ip_address,
        state=(told.node_status or "coming").lower(),
        is_head=_HEAD in total,
        total=_plain(total),
        used=_plain(told.used_resources()),
    )


def _plain(resources: Mapping[str, float]) -> dict[str, float]:
    """Without the names that Ray gives each node for itself."""
    return {name: amount for name, amount in resources.items() if not name.startswith("node:")}


def _waiting(demands: Any) -> Iterator[Waiting]:
    for field, kind in _KINDS.items():
        for demand in getattr(demands, field):
            for bundle in demand.bundles_by_count:
                yield Waiting(kind, dict(bundle.bundle), bundle.count)


def _launch(told: Any, *, refused: bool) -> Launch:
    seconds = (told.failed_ts_s if refused else None) or told.request_ts_s
    at = datetime.fromtimestamp(seconds, UTC)
    return Launch(told.ray_node_type_name, told.count, refused, at, told.details or None)
