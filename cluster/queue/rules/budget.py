"""Dollars as a quota of the whole cluster: what a job costs, and what is left of a day. Pure.

A job is reckoned at its share of the dearest machine of its pool, for as long as its kind runs: so
that what is let through costs no more than it was reckoned at. What its tasks ask for is not known
beforehand and not counted.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from cluster.queue.rules.size import Size

UNKNOWN_HOURS: Final = 1.0
"""Of a kind that has not succeeded yet."""
_HOUR_S: Final = 3600.0


class Asked(Size, Protocol):
    """What a job keeps for itself, and where."""

    @property
    def kind(self) -> str: ...
    @property
    def pool(self) -> str: ...


class Rate(Size, Protocol):
    """A machine of a pool: its dollars an hour, and what they buy."""

    @property
    def usd_per_hour(self) -> float: ...


@dataclass(frozen=True)
class Run:
    """One attempt that ran today, or is under way: `running_at` is None before it runs."""

    kind: str
    pool: str
    cpus: float
    gpus: float
    memory_bytes: int
    running_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True)
class Budget:
    """Dollars that jobs may cost a day, and what they are reckoned with; `hours` by kind of job."""

    usd_per_day: float
    rates: Mapping[str, Sequence[Rate]]
    hours: Mapping[str, float]

    def cost(self, job: Asked) -> float:
        """Dollars until it ends."""
        return self.per_hour(job) * self.hours_of(job.kind)

    def hours_of(self, kind: str) -> float:
        return self.hours.get(kind, UNKNOWN_HOURS)

    def per_hour(self, job: Asked) -> float:
        """Dollars an hour; 0 in a pool without prices."""
        shares = (rate.usd_per_hour * _share(job, rate) for rate in self.rates.get(job.pool, ()))
        return max(shares, default=0.0)

    def bound(self, runs: Iterable[Run], *, day: datetime, now: datetime) -> float:
        """Dollars of the day that began at `day`: spent, and what is under way until it ends."""
        return sum(self.per_hour(run) * self._hours(run, day, now) for run in runs)

    def _hours(self, run: Run, day: datetime, now: datetime) -> float:
        expected = self.hours_of(run.kind)
        if run.running_at is None:
            return expected
        ended = run.ended_at or now
        of_day = max(0.0, _hours_between(max(run.running_at, day), ended))
        left = 0.0 if run.ended_at else expected - _hours_between(run.running_at, now)
        return of_day + max(0.0, left)


def never(budget: Budget, job: Asked) -> str | None:
    """Why the job could start on no day; None where it could."""
    cost = budget.cost(job)
    if cost <= budget.usd_per_day:
        return None
    return (
        f"budget: the job is reckoned at {cost:,.2f} USD ({budget.hours_of(job.kind):.2g} h in pool "
        f"{job.pool}) and {budget.usd_per_day:,.2f} USD a day may be spent (TRII_BUDGET_USD_PER_DAY); "
        "ask for fewer CPUs, GPUs or less memory"
    )


def too_little(budget: Budget, job: Asked) -> str:
    """Why a job waits for another day: without what is left, which another second changes."""
    return (
        f"budget: the job is reckoned at {budget.cost(job):,.2f} USD, and less is left of this day's "
        f"{budget.usd_per_day:,.2f} USD; it may start after 00:00 UTC, or once "
        "TRII_BUDGET_USD_PER_DAY is raised"
    )


def _share(job: Asked, machine: Rate) -> float:
    """The part of a machine that nobody else can have; more than 1 where it needs several."""
    pairs = ((job.cpus, machine.cpus), (job.gpus, machine.gpus))
    parts = [asked / held for asked, held in pairs if held]
    parts += [job.memory_bytes / machine.memory_bytes] if machine.memory_bytes else []
    return max(parts, default=0.0)


def _hours_between(begin: datetime, end: datetime) -> float:
    return (end - begin).total_seconds() / _HOUR_S
