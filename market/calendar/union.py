"""One clock for a portfolio over several calendars: its dates, and who has closed by when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from market.arrays import Days, Stamps
from market.calendar.calendar import Calendar
from market.calendar.sources import sessions_a_year
from market.errors import BadParameter


@dataclass(frozen=True, eq=False)
class UnionClock:
    """The dates on which at least one of k calendars has a session, shape (n,).

    A date's tick (datetime64[us], UTC) is the last close of its sessions: by then all of them are
    known. ``trades`` (k, n) says who trades on that date. ``closed`` (k, n) is the place, among
    the calendar's own ``days``, of its last session closed at the tick: a market on holiday
    stands at an earlier date (-1 before its first). So a panel is joined on what had closed, and
    never on a date as such.
    """

    names: tuple[str, ...]
    days: Days
    ticks: Stamps
    trades: NDArray[np.bool_]
    closed: NDArray[np.intp]
    sessions_per_year: int

    def __len__(self) -> int:
        return len(self.days)


def union_clock(calendars: Sequence[Calendar], start: date, end: date) -> UnionClock:
    """The clock over those calendars from ``start`` to ``end``, both included.

    Annualisation counts the union's dates (mean of 2015 to 2024). Raises BadParameter without a
    calendar, DataNotFit where one calendar does not cover the span.
    """
    if not calendars:
        raise BadParameter("a union clock needs at least one calendar", parameter="calendars")
    for calendar in calendars:
        calendar.require(start, end)
    days = _union([calendar.sessions(start, end) for calendar in calendars])
    # Midnight of the first date, before every close: the maxima leave nothing of it.
    ticks = np.full(len(days), np.datetime64(start, "us"))
    for calendar in calendars:
        own = np.isin(calendar.days, days)
        rows = np.searchsorted(days, calendar.days[own])
        ticks[rows] = np.maximum(ticks[rows], calendar.closes[own])
    return UnionClock(
        tuple(calendar.name for calendar in calendars),
        days,
        ticks,
        np.stack([np.isin(days, calendar.days) for calendar in calendars]),
        np.stack(
            [np.searchsorted(calendar.closes, ticks, side="right") - 1 for calendar in calendars]
        ),
        sessions_a_year(_union([calendar.days for calendar in calendars])),
    )


def _union(days: Sequence[Days]) -> Days:
    return np.unique(np.concatenate(days))
