"""What a simulated day asks for: requests that move replicas, and jobs of many tasks.

Times are seconds since the day began.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from cluster.errors import BadInput
from cluster.fleet.planning.demand import Demand
from cluster.fleet.source.cluster import OpeningSource


@dataclass(frozen=True)
class Service:
    """A deployment: between how many replicas it moves, and what one of them answers a second.

    Without `requests_per_s` it stays at `least`.
    """

    demand: Demand
    least: int
    most: int
    requests_per_s: float | None = None

    def replicas(self, requests_per_s: float) -> int:
        """How many it wants for that load."""
        if self.requests_per_s is None:
            return self.least
        wanted = math.ceil(requests_per_s / self.requests_per_s)
        return min(self.most, max(self.least, wanted))


@dataclass(frozen=True)
class Job:
    """`tasks` pieces of work of one kind that may all run at once, each for `seconds`."""

    name: str
    at: float
    demand: Demand
    tasks: int
    seconds: float


@dataclass(frozen=True)
class Floor:
    """From that time on so many nodes of these node types run at least."""

    at: float
    nodes: Mapping[str, int]


def opening_floors(
    opening: OpeningSource, nodes: Mapping[str, int], always: Mapping[str, int], *, opens_h: float
) -> list[Floor]:
    """The floors of a market's open: `nodes` from before until after it, `always` from then on."""
    opens = opens_h * 3600
    begins, ends = opening.minutes_before * 60, opening.minutes_after * 60
    return [
        Floor(opens - begins, nodes),
        Floor(opens + ends, {name: always[name] for name in nodes}),
    ]


@dataclass(frozen=True)
class Curve:
    """Requests a second, each value from its time to the next one's."""

    times: tuple[float, ...]
    values: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.times) != len(self.values) or not self.times:
            raise BadInput("curve: as many times as values, and one at least")
        if any(
            later <= earlier for earlier, later in zip(self.times, self.times[1:], strict=False)
        ):
            raise BadInput("curve: times must rise")
        if any(value < 0 or not math.isfinite(value) for value in self.values):
            raise BadInput("curve: requests a second are zero or more")

    def changes(self) -> Iterator[tuple[float, float]]:
        """Each time with the value from then on."""
        return zip(self.times, self.values, strict=True)


NEW_YORK_OPENS_H: Final = 14.5  # UTC, in winter


def market_day(peak: float, *, opens_h: float = NEW_YORK_OPENS_H, closes_h: float = 21.0) -> Curve:
    """A day of a market: quiet at night, a rush at the open, a smaller one into the close.

    `peak` is the rush in requests a second; hours are UTC, by default those of New York in winter.
    The shape is the U of intraday volume: at the open one, at noon 0.45, before the close 0.8.
    """
    times = [minute * 60.0 for minute in range(24 * 60)]
    return Curve(
        tuple(times), tuple(peak * _share(time / 3600, opens_h, closes_h) for time in times)
    )


def _share(hour: float, opens: float, closes: float) -> float:
    if not opens <= hour < closes:
        return 0.05
    passed = (hour - opens) / (closes - opens)
    return 0.45 + 0.55 * math.exp(-passed * 8) + 0.35 * math.exp(-(1 - passed) * 10)
