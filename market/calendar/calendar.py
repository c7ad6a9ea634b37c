"""One calendar: which dates are sessions, when they open, pause and close, in UTC."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Literal

import numpy as np

from market.arrays import Days, Stamps, from_day, from_stamp, to_stamp
from market.calendar.parts import Parts, parts_of
from market.errors import DataNotFit

Status = Literal["open", "closed", "break"]
"""``break`` is a lunch break or another halt of every day: the session goes on after it."""

_MINUTE = np.timedelta64(1, "m")


@dataclass(frozen=True, eq=False)
class Calendar:
    """Sessions in date order with their opens and closes (datetime64[us], UTC), shape (n,).

    A session holds the instants open <= t < close; its date may differ from the UTC date of its
    open (CMES opens on the evening before). Breaks are NaT where a session has none. Instants
    outside the calendar's span raise DataNotFit, as does a date that is no session where one is
    asked for; ranges of dates are cut to the span, so a caller who must not guess checks them
    against ``days``. ``source`` names where the sessions come from, with its version.
    """

    name: str
    sessions_per_year: int
    days: Days
    opens: Stamps
    closes: Stamps
    break_starts: Stamps
    break_ends: Stamps
    early: Days
    source: str

    @cached_property
    def parts(self) -> Parts:
        """The stretches of trading without a break, of all sessions."""
        return parts_of(self.opens, self.closes, self.break_starts, self.break_ends)

    @cached_property
    def version(self) -> str:
        """Name, source and hash of all sessions: what a manifest records of the calendar."""
        digest = self.fingerprint(from_day(self.days[0]), from_day(self.days[-1]))
        return f"{self.name} {self.source} sha256:{digest[:16]}"

    def fingerprint(self, start: date, end: date) -> str:
        """SHA-256 of the sessions from ``start`` to ``end``: dates, opens, breaks and closes.

        A run that used only those sessions is unchanged while it stands, whatever later release
        adds holidays to the years after.
        """
        rows = self._range(start, end)
        whole = hashlib.sha256(self.days[rows].astype(np.int64).tobytes())
        # Their order is part of every hash that a manifest holds.
        for column in (self.opens, self.break_starts, self.break_ends, self.closes):
            whole.update(column[rows].astype(np.int64).tobytes())
        return whole.hexdigest()

    def sessions(self, start: date, end: date) -> Days:
        """The sessions from ``start`` to ``end``, both included, as datetime64[D]."""
        return self.days[self._range(start, end)]

    def early_closes(self, start: date, end: date) -> Days:
        """The sessions from ``start`` to ``end`` that close before the usual hour."""
        low = np.searchsorted(self.early, np.datetime64(start, "D"), side="left")
        high = np.searchsorted(self.early, np.datetime64(end, "D"), side="right")
        return self.early[low:high]

    def stamps(self, start: date, end: date, *, step: np.timedelta64 = _MINUTE) -> Stamps:
        """Opens of all bars of length ``step`` in the sessions from ``start`` to ``end``.

        Bars are counted from the session's open and again from the end of its break; the closing
        minute is none.
        """
        rows = self._range(start, end)
        return self.parts.grid(rows.start, rows.stop, step)

    def spans(self, stamps: Stamps, step: np.timedelta64 | None) -> tuple[Stamps, Stamps]:
        """Start and end of the bar of length ``step`` that holds each stamp; None: the session.

        Every stamp must lie in trading time.
        """
        if step is not None:
            return self.parts.bins(stamps, step)
        session = self.parts.sessions[self.parts.locate(stamps)]
        return self.opens[session], self.closes[session]

    def minutes(self, day: date) -> Stamps:
        """The opens of the trading minutes of that session, breaks left out."""
        self._index(day)
        return self.stamps(day, day)

    def session_open(self, day: date) -> datetime:
        """When the session of that date opens (aware UTC)."""
        return from_stamp(self.opens[self._index(day)])

    def session_close(self, day: date) -> datetime:
        """When the session of that date closes (aware UTC): its daily bar is known from then on."""
        return from_stamp(self.closes[self._index(day)])

    def session_break(self, day: date) -> tuple[datetime, datetime] | None:
        """Start and end of that session's lunch break (aware UTC); None where it has none."""
        index = self._index(day)
        if np.isnat(self.break_starts[index]):
            return None
        return from_stamp(self.break_starts[index]), from_stamp(self.break_ends[index])

    def require(self, start: date, end: date) -> None:
        """Raises DataNotFit unless the calendar covers the span: outside it nothing is known.

        Counted in whole years, because the first and last days of a span are holidays as a rule.
        """
        first, last = from_day(self.days[0]), from_day(self.days[-1])
        if start.year < first.year or end.year > last.year:
            raise DataNotFit(f"{self.name} knows {first} to {last}, not {start} to {end}")

    def is_session(self, day: date) -> bool:
        """Whether the exchange trades on that date; DataNotFit for one outside the span."""
        self.require(day, day)
        return bool(len(self.sessions(day, day)))

    def is_open(self, at: datetime) -> bool:
        """Whether the exchange trades at ``at`` (aware): in a session and not in its break."""
        return self.status(at) == "open"

    def status(self, at: datetime) -> Status:
        """Open, in a lunch break, or closed at ``at`` (aware)."""
        stamp = self._inside(at)
        place = int(np.searchsorted(self.opens, stamp, side="right")) - 1
        if place < 0 or stamp >= self.closes[place]:
            return "closed"
        # Comparisons with NaT are false: a session without a break is open.
        paused = self.break_starts[place] <= stamp < self.break_ends[place]
        return "break" if paused else "open"

    def current_session(self, at: datetime) -> date:
        """The date of the last session that had opened at ``at`` (aware): open <= at.

        An ex-date has come when it is this date or an earlier one.
        """
        index = int(np.searchsorted(self.opens, self._inside(at), side="right")) - 1
        return from_day(self.days[index])

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

    def previous_session(self, day: date) -> date:
        """The last session before that date."""
        index = int(np.searchsorted(self.days, np.datetime64(day, "D"), side="left")) - 1
        if index < 0:
            first = self.days[0]
            raise DataNotFit(f"{self.name} has no session before {day}: its first is {first}")
        return from_day(self.days[index])

    def _range(self, start: date, end: date) -> slice:
        low = int(np.searchsorted(self.days, np.datetime64(start, "D"), side="left"))
        high = int(np.searchsorted(self.days, np.datetime64(end, "D"), side="right"))
        # A span that ends before it begins has no sessions.
        return slice(low, max(low, high))

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
