"""What a scheduler of nodes is asked and answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from cluster.fleet.planning.demand import Demand
from cluster.fleet.simulate.nodes import Node


@dataclass(frozen=True)
class Decision:
    """Nodes to buy by type, and nodes to end."""

    launch: Mapping[str, int]
    end: tuple[str, ...]


class Decides(Protocol):
    """Who says what to buy and what to end; `calls` counts how often."""

    calls: int

    def decide(self, nodes: Sequence[Node], waiting: Mapping[Demand, int], now: float) -> Decision:
        """For these nodes and how often each demand waits for one."""
