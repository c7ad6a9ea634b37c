"""A pool as node types: what Ray buys, one for each machine, way of buying and, where asked, zone.

Rendering, planning, simulating and pricing all start from these.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from cluster.errors import BadInput
from cluster.fleet.machines.catalogue import Machine, machine
from cluster.fleet.pools import MARKET_LABEL, POOLS, labels
from cluster.fleet.settings import PoolName
from cluster.fleet.source.cluster import ClusterSource, PoolSource

HEAD: Final = "head"
Market = Literal["spot", "on-demand"]
# The first machine of a spot pool; each further one is wanted a little less, on demand the least.
_FIRST_PRIORITY: Final = 10


@dataclass(frozen=True)
class NodeType:
    """One kind of node of a pool: the machine, how it is bought and between which numbers."""

    name: str
    pool: PoolName
    machine: Machine
    market: Market
    zones: tuple[str, ...]
    min_nodes: int
    max_nodes: int
    idle_s: int
    disk_gib: int
    priority: int

    @property
    def labels(self) -> dict[str, str]:
        """What selectors find it by."""
        return labels([self.pool]) | {MARKET_LABEL: self.market}

    @property
    def resources(self) -> dict[str, int]:
        """What Ray may place on one such node.

        A GPU node offers no CPU: nothing but GPU work can keep it from going, whatever selector it
        forgot. What runs there asks for GPUs and `num_cpus=0`.
        """
        gpus = {"GPU": self.machine.gpus} if self.machine.gpus else {}
        cpus = 0 if self.machine.gpus else self.machine.vcpus
        return {"CPU": cpus, **gpus, "memory": self.machine.memory_for_work}


def node_types(source: ClusterSource, zones: Sequence[str]) -> dict[str, NodeType]:
    """Every node type of a cluster by name, without the head's.

    Raises BadInput for a machine that is not known or does not fit its pool, and for a pool that
    wants more zones than there are.
    """
    return {
        entry.name: entry
        for name, pool in source.pools.items()
        for entry in _of_pool(name, pool, zones)
    }


def opening_nodes(source: ClusterSource, zones: Sequence[str]) -> dict[str, int]:
    """Nodes of each node type before the market opens, of pools that have more then than always."""
    wanted = source.opening.nodes if source.opening else {}
    raised = {
        name: source.pools[name].model_copy(update={"min_nodes": nodes})
        for name, nodes in wanted.items()
        if nodes > source.pools[name].min_nodes
    }
    types = node_types(source.model_copy(update={"pools": raised}), zones).values()
    return {entry.name: entry.min_nodes for entry in types if entry.min_nodes}


def _of_pool(name: PoolName, pool: PoolSource, zones: Sequence[str]) -> Iterator[NodeType]:
    if pool.zones > len(zones):
        raise BadInput(
            f"pools.{name}.zones={pool.zones}: the ground has {len(zones)} "
            f"({', '.join(zones)}); give it a subnet in one more, or ask for fewer"
        )
    machines = [_fitting(name, wanted) for wanted in pool.machines]
    on_demand = NodeType(
        name=f"{name}-{machines[0].name}-on-demand",
        pool=name,
        machine=machines[0],
        market="on-demand",
        zones=tuple(zones),
        min_nodes=0,
        max_nodes=pool.on_demand_nodes,
        idle_s=pool.idle_s,
        disk_gib=pool.disk_gib,
        priority=0,
    )
    yield from _by_machine_and_zone(on_demand, pool, machines)
    if pool.on_demand_nodes:
        yield on_demand


def _by_machine_and_zone(
    like: NodeType, pool: PoolSource, machines: Sequence[Machine]
) -> Iterator[NodeType]:
    """The pool's own types: its bounds cut over its machines and zones, so that they stay its own."""
    # A node type that names one zone is bought there alone: Ray takes the first that has room, so a
    # type over both zones would put every node into one of them.
    spread = pool.zones > 1
    places = [(zone,) for zone in like.zones[: pool.zones]] if spread else [like.zones]
    kinds = [(kind, place) for kind in machines for place in places]
    # What always runs is of the machine that is wanted first, evenly over the zones.
    least = _shares(pool.min_nodes, len(places)) + [0] * (len(kinds) - len(places))
    more = _shares(pool.max_nodes - pool.min_nodes, len(kinds))
    for rank, ((kind, place), low, further) in enumerate(zip(kinds, least, more, strict=True)):
        yield replace(
            like,
            name=f"{like.pool}-{kind.name}" + (f"-{place[0]}" if spread else ""),
            machine=kind,
            market="spot" if POOLS[like.pool].spot else "on-demand",
            zones=place,
            min_nodes=low,
            max_nodes=low + further,
            priority=max(1, _FIRST_PRIORITY - rank),
        )


def _fitting(pool: PoolName, name: str) -> Machine:
    """The machine, which has a GPU exactly where its pool is of those."""
    found = machine(name)
    if POOLS[pool].gpu and not found.gpus:
        raise BadInput(f"pools.{pool}.machines: {name} has no GPU")
    if found.gpus and not POOLS[pool].gpu:
        raise BadInput(f"pools.{pool}.machines: {name} has a GPU, which no work of the pool uses")
    return found


def _shares(total: int, parts: int) -> list[int]:
    """A whole number cut into whole parts that differ by one at most, larger ones first."""
    each, more = divmod(total, parts)
    return [each + (part < more) for part in range(parts)]


def most_nodes(types: Mapping[str, NodeType]) -> int:
    """How many nodes a cluster may have beside its head."""
    return sum(entry.max_nodes for entry in types.values())
