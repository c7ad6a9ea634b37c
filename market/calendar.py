"""Exchange calendars: which dates are sessions, when they open and close, in UTC."""

import warnings
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Literal

import numpy as np

from market.arrays import Days, Stamps, from_day, from_stamp, to_stamp
from market.errors import BadParameter, DataNotFit, near_names

Status = Literal["open", "closed"]

# Fixed, so that a calendar's answers depend on its version and not on the day it was built.
_FIRST, _LAST = "1990-01-01", "2039-12-31"
_SESSIONS_PER_YEAR = {"24/7": 365, "XNYS": 252}


@dataclass(frozen=True, eq=False)
class Calendar:
    """Sessions in date order with their opens and closes (datetime64[us], UTC), shape (n,).

    A session holds the instants open <= t < close. Instants outside the calendar's span raise
    DataNotFit, as does a date that is no session where one is asked for; ranges of dates are cut
    to the span, so a caller who must not guess checks them against ``days``.
    """

    name: str
    sessions_per_year: int
    days: Days
    opens: Stamps
    closes: Stamps
    early: Days

    def sessions(self, start: date, end: date) -> Days:
        """The sessions from ``start`` to ``end``, both included, as datetime64[D]."""
        return self._between(self.days, start, end)

    def early_closes(self, start: date, end: date) -> Days:
        """The sessions from ``start`` to ``end`` that close before the usual hour."""
        return self._between(self.early, start, end)

    def session_open(self, day: date) -> datetime:
        """When the session of that date opens (aware UTC)."""
        return from_stamp(self.opens[self._index(day)])

    def session_close(self, day: date) -> datetime:
        """When the session of that date closes (aware UTC): its daily bar is known from then on."""
        return from_stamp(self.closes[self._index(day)])

    def is_session(self, day: date) -> bool:
        """Whether the exchange trades on that date."""
        return bool(len(self.sessions(day, day)))

    def is_open(self, at: datetime) -> bool:
        """Whether ``at`` (aware) lies in a session."""
        stamp = self._inside(at)
        index = int(np.searchsorted(self.opens, stamp, side="right")) - 1
        return index >= 0 and bool(stamp < self.closes[index])

    def status(self, at: datetime) -> Status:
        """``is_open`` as the word that the API answers."""
        return "open" if self.is_open(at) else "closed"

    def last_session(self, at: datetime) -> date:
        """The date of the last session that had closed at ``at`` (aware): close <= at."""
        index = int(np.searchsorted(self.closes, self._inside(at), side="right")) - 1
        if index < 0:
            raise DataNotFit(f"no session of {self.name} had closed at {at.isoformat()}")
        return from_day(self.days[index])

    def next_session(self, day: date) -> date:
        """The first session after that date."""
        index = int(np.searchsorted(self.days, np.datetime64(day, "D"), side="right"))
        if index == len(self.days):
            raise DataNotFit(f"{self.name} has no session after {day}: its last is {self.days[-1]}")
        return from_day(self.days[index])

    def _between(self, days: Days, start: date, end: date) -> Days:
        low = np.searchsorted(days, np.datetime64(start, "D"), side="left")
        high = np.searchsorted(days, np.datetime64(end, "D"), side="right")
        return days[low:high]

    def _index(self, day: date) -> int:
        index = int(np.searchsorted(self.days, np.datetime64(day, "D")))
        if index == len(self.days) or self.days[index] != np.datetime64(day, "D"):
            raise DataNotFit(f"{day} is not a session of {self.name}")
        return index

    def _inside(self, at: datetime) -> np.datetime64:
        """``at`` as a stamp; before the first known open and after the last close it raises."""
        stamp = to_stamp(at)
        if stamp < self.opens[0]:
            first = self.days[0]
            raise DataNotFit(f"{at.isoformat()} is before the start of {self.name} ({first})")
        if stamp > self.closes[-1]:
            raise DataNotFit(f"{at.isoformat()} is after the end of {self.name} ({self.days[-1]})")
        return stamp


@cache
def get_calendar(name: str) -> Calendar:
    """The calendar of that name: ``24/7`` or an exchange's MIC (``XNYS``).

    Kept after the first call, which takes about a second for an exchange. Raises BadParameter
    for an unknown name.
    """
    if name not in _SESSIONS_PER_YEAR:
        known = sorted(_SESSIONS_PER_YEAR)
        hint = "".join(f"; did you mean {near!r}?" for near in near_names(name, known)[:1])
        raise BadParameter(
            f"unknown calendar {name!r}: expected one of {', '.join(known)}{hint}",
            parameter="calendar",
        )
    return _always_open(name) if name == "24/7" else _exchange(name)


def _always_open(name: str) -> Calendar:
    """Every UTC day is a session from 00:00 to the next 00:00."""
    days = np.arange(_FIRST, np.datetime64(_LAST) + 1, dtype="datetime64[D]")
    opens = days.astype("datetime64[us]")
    closes = (days + 1).astype("datetime64[us]")
    return Calendar(name, _SESSIONS_PER_YEAR[name], days, opens, closes, days[:0])


def _exchange(name: str) -> Calendar:
    # Imported here: it loads pandas, which callers of the 24/7 calendar do without.
    import exchange_calendars  # noqa: PLC0415

    with warnings.catch_warnings():
        # exchange_calendars 4.13 reads Series.values of a UTC column, which pandas 3.1 deprecates.
        warnings.filterwarnings("ignore", message="Series.values returning an ndarray")
        source = exchange_calendars.get_calendar(name, start=_FIRST, end=_LAST)
    schedule = source.schedule
    return Calendar(
        name,
        _SESSIONS_PER_YEAR[name],
        schedule.index.to_numpy().astype("datetime64[D]"),
        schedule["open"].dt.tz_localize(None).to_numpy().astype("datetime64[us]"),
        schedule["close"].dt.tz_localize(None).to_numpy().astype("datetime64[us]"),
        source.early_closes.to_numpy().astype("datetime64[D]"),
    )
