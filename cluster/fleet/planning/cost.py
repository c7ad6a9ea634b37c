"""What a cluster costs: at its minimum, at its maximum, and for any numbers of nodes between.

US dollars for the machines alone, from the table of prices: no tax, storage, traffic or services.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from cluster.errors import BadInput
from cluster.fleet.machines.catalogue import Price, price
from cluster.fleet.planning.node_types import HEAD, NodeType
from cluster.fleet.pools import POOLS
from cluster.fleet.source.cluster import ClusterSource

HOURS_A_DAY: Final = 24
HOURS_A_MONTH: Final = 730  # a year's twelfth, as AWS reckons
Load = Literal["minimum", "maximum"]


@dataclass(frozen=True)
class Line:
    """One node type's part: numbers of nodes and dollars an hour."""

    node_type: str
    pool: str
    machine: str
    market: str
    usd_per_hour: float
    least: int
    most: int


@dataclass(frozen=True)
class Cost:
    """Every line of a cluster, the head's first, and the day of the oldest price among them."""

    region: str
    lines: tuple[Line, ...]
    dated: date
    source: str

    def per_hour(self, load: Load) -> float:
        """Dollars an hour with every pool at its minimum or its maximum."""
        return sum(
            line.usd_per_hour * (line.least if load == "minimum" else line.most)
            for line in self.lines
        )

    def of(self, nodes: Mapping[str, float]) -> float:
        """Dollars for node-hours by node type. Raises BadInput for a type that is not this cluster's."""
        known = {line.node_type: line.usd_per_hour for line in self.lines}
        for name in nodes:
            if name not in known:
                raise BadInput(f"node type {name!r}: expected one of {', '.join(known)}")
        return sum(known[name] * hours for name, hours in nodes.items())


def cost(source: ClusterSource, types: Mapping[str, NodeType], region: str) -> Cost:
    """Prices of a cluster's nodes. Raises BadInput where one has no price there."""
    head = price(source.head.machine, region)
    lines = [Line(HEAD, HEAD, source.head.machine, "on-demand", head.on_demand, 1, 1)]
    told = [head]
    for entry in types.values():
        found = price(entry.machine.name, region)
        told.append(found)
        lines.append(
            Line(
                node_type=entry.name,
                pool=POOLS[entry.pool].name,
                machine=entry.machine.name,
                market=entry.market,
                usd_per_hour=_hourly(entry, found, region),
                least=entry.min_nodes,
                most=entry.max_nodes,
            )
        )
    oldest = min(told, key=lambda found: found.dated)
    return Cost(region, tuple(lines), oldest.dated, oldest.source)


def _hourly(entry: NodeType, found: Price, region: str) -> float:
    if entry.market == "on-demand":
        return found.on_demand
    if found.spot is None:
        raise BadInput(f"machine={entry.machine.name!r}: no spot price in {region}")
    return found.spot
