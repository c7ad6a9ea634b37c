"""What a simulated day came to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from cluster.fleet.planning.cost import Cost

_HOUR_S: Final = 3600.0


@dataclass(frozen=True)
class Sample:
    """The cluster at one time: nodes by pool, bought and running, and what waits."""

    at: float
    bought: Mapping[str, int]
    running: Mapping[str, int]
    waiting: int


@dataclass
class Day:
    """Samples at each change, and sums over the whole span."""

    samples: list[Sample] = field(default_factory=list)
    node_hours: dict[str, float] = field(default_factory=dict)
    waits: list[float] = field(default_factory=list)
    placed: int = 0
    ended: int = 0
    lost: int = 0
    impossible: int = 0
    scheduler_calls: int = 0

    def most(self, pool: str) -> int:
        """The most nodes of a pool that ran at once."""
        return max((sample.running.get(pool, 0) for sample in self.samples), default=0)

    def hourly(self) -> list[Sample]:
        """The most of each number within each hour of a day that began at midnight."""
        found, last = [], Sample(0.0, {}, {}, 0)
        for hour in range(24):
            within = [s for s in self.samples if hour * _HOUR_S <= s.at < (hour + 1) * _HOUR_S]
            every = [last, *within]
            found.append(
                Sample(
                    at=hour * _HOUR_S,
                    bought=_most(sample.bought for sample in every),
                    running=_most(sample.running for sample in every),
                    waiting=max(sample.waiting for sample in every),
                )
            )
            last = every[-1]
        return found

    def longest_wait(self) -> float:
        """Seconds from asking to running, of what waited longest."""
        return max(self.waits, default=0.0)

    def dollars(self, told: Cost) -> float:
        """What its nodes cost, without the head."""
        return told.of(self.node_hours)


def _most(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    most: dict[str, int] = {}
    for told in counts:
        for pool, number in told.items():
            most[pool] = max(number, most.get(pool, 0))
    return most
