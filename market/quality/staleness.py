"""Staleness of bars: series that end too early, and closes that no longer move."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from market.arrays import Floats
from market.calendar import Calendar
from market.errors import BadParameter


@dataclass(frozen=True, slots=True)
class UnchangedRun:
    """Rows ``start`` to ``stop`` (excluded)."""

    start: int
    stop: int


def sessions_behind(last: date, calendar: Calendar, *, now: datetime) -> int:
    """How many sessions have closed at ``now`` (aware) since ``last``, the newest one held."""
    return len(calendar.sessions(last + timedelta(days=1), calendar.last_session(now)))


def unchanged_runs(close: Floats, *, least: int = 5) -> tuple[UnchangedRun, ...]:
    """Runs of ``least`` or more rows with exactly the same close, shape of ``close`` (n,).

    A missing close ends a run. Raises BadParameter unless least >= 2.
    """
    if least < 2:
        raise BadParameter(f"least={least}: expected 2 or more", parameter="least")
    edges = np.flatnonzero(close[1:] != close[:-1]) + 1  # NaN equals nothing, itself included
    bounds = np.concatenate(([0], edges, [len(close)]))
    long = np.flatnonzero(np.diff(bounds) >= least)
    return tuple(
        UnchangedRun(start, stop)
        for start, stop in zip(bounds[long].tolist(), bounds[long + 1].tolist(), strict=True)
    )
