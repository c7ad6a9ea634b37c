"""The nodes of a simulated cluster and what runs on each."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

from cluster.fleet.planning.demand import Demand
from cluster.fleet.planning.node_types import NodeType


class State(Enum):
    """A node's life: wanted by the scheduler, asked of the cloud, booting, at work."""

    QUEUED = "queued"
    REQUESTED = "requested"
    BOOTING = "booting"
    RUNNING = "running"


@dataclass(eq=False)
class Node:
    """A node with what of it is free; `idle_since` is None while something runs on it."""

    name: str
    type: NodeType
    state: State = State.QUEUED
    bought_at: float | None = None
    idle_since: float | None = None
    free: dict[str, float] = field(default_factory=dict)
    held: dict[int, Demand] = field(default_factory=dict)

    def runs(self, now: float) -> None:
        """It has joined, empty."""
        self.state, self.idle_since = State.RUNNING, now
        self.free = dict(self.type.resources)

    def has_room(self, demand: Demand) -> bool:
        return all(self.free.get(name, 0.0) >= need for name, need in demand.resources.items())

    def take(self, item: int, demand: Demand) -> None:
        self.held[item] = demand
        self.idle_since = None
        for name, need in demand.resources.items():
            self.free[name] = round(self.free[name] - need, 9)

    def give_back(self, item: int, now: float) -> None:
        for name, need in self.held.pop(item).resources.items():
            self.free[name] = round(self.free[name] + need, 9)
        if not self.held:
            self.idle_since = now


class Fleet:
    """All nodes, and for each kind of demand those that may have room for it."""

    def __init__(self, types: Mapping[str, NodeType]) -> None:
        self.types = types
        self.nodes: dict[str, Node] = {}
        # Kept along, since they are asked for at each event.
        self.numbers: Counter[str] = Counter()
        self.running_of_type: Counter[str] = Counter()
        self.bought: Counter[str] = Counter()
        self.running: Counter[str] = Counter()
        self._born = 0
        # A node leaves a demand's candidates when it is found full, and comes back when something
        # on it ends: without that, each placement would look at every node.
        self._open: dict[Demand, dict[str, Node]] = {}

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes.values())

    def add(self, type_name: str) -> Node:
        self._born += 1
        node = Node(f"{type_name}-{self._born}", self.types[type_name])
        self.nodes[node.name] = node
        self.numbers[type_name] += 1
        return node

    @property
    def coming(self) -> int:
        """Nodes that are wanted and do not run yet."""
        return self.numbers.total() - self.running.total()

    def requested(self, node: Node, now: float) -> None:
        """It is asked of the cloud, and paid for from now on."""
        node.state, node.bought_at = State.REQUESTED, now
        self.bought[node.type.pool] += 1

    def joined(self, node: Node, now: float) -> None:
        node.runs(now)
        self.running[node.type.pool] += 1
        self.running_of_type[node.type.name] += 1
        self._reopen(node)

    def remove(self, node: Node) -> list[int]:
        """It is gone; the items that ran on it."""
        del self.nodes[node.name]
        self.numbers[node.type.name] -= 1
        self.bought[node.type.pool] -= node.bought_at is not None
        self.running[node.type.pool] -= node.state is State.RUNNING
        self.running_of_type[node.type.name] -= node.state is State.RUNNING
        for candidates in self._open.values():
            candidates.pop(node.name, None)
        return list(node.held)

    def place(self, item: int, demand: Demand) -> Node | None:
        """The first node that has room, in the order of joining, with the item on it."""
        candidates = self._candidates(demand)
        full = []
        chosen = None
        for node in candidates.values():
            if node.has_room(demand):
                chosen = node
                break
            full.append(node.name)
        for name in full:
            del candidates[name]
        if chosen is not None:
            chosen.take(item, demand)
        return chosen

    def release(self, node: Node, item: int, now: float) -> None:
        node.give_back(item, now)
        self._reopen(node)

    def _candidates(self, demand: Demand) -> dict[str, Node]:
        if demand not in self._open:
            self._open[demand] = {
                node.name: node
                for node in self
                if node.state is State.RUNNING and demand.matches(node.type.labels)
            }
        return self._open[demand]

    def _reopen(self, node: Node) -> None:
        for demand, candidates in self._open.items():
            if demand.matches(node.type.labels):
                candidates[node.name] = node
