"""The sessions of a world: which there are, when they trade, and how many minutes they have."""

from dataclasses import dataclass
from datetime import date
from typing import Self

import numpy as np
from numpy.typing import NDArray

from market.arrays import Days, Stamps
from market.calendar import Calendar
from market.errors import DataNotFit

_MINUTE = np.timedelta64(1, "m")


@dataclass(frozen=True, eq=False)
class Hours:
    """Columns by session, shape (n,); ``stride`` is the most minutes that any session can have.

    ``counts`` are trading minutes, breaks left out.
    """

    calendar: Calendar
    days: Days
    opens: Stamps
    closes: Stamps
    counts: NDArray[np.int64]
    stride: int

    @classmethod
    def of(cls, calendar: Calendar, start: date, end: date) -> Self:
        """The sessions from ``start`` to ``end``, both included."""
        chosen = np.isin(calendar.days, calendar.sessions(start, end))
        parts = calendar.parts
        counts = np.zeros(len(calendar.days), dtype=np.int64)
        # ``at``, since a session with a lunch break has two parts: += would count one of them.
        np.add.at(counts, parts.sessions, (parts.ends - parts.starts) // _MINUTE)
        return cls(
            calendar,
            calendar.days[chosen],
            calendar.opens[chosen],
            calendar.closes[chosen],
            counts[chosen],
            # Of the whole calendar: a later end must not move the draws of earlier sessions.
            stride=int(counts.max()),
        )

    def __len__(self) -> int:
        return len(self.days)

    @property
    def per_year(self) -> int:
        """Sessions a year."""
        return self.calendar.sessions_per_year

    def rows(self, start: date, end: date) -> range:
        """The rows of the sessions from ``start`` to ``end``, as far as the world has them."""
        low = int(np.searchsorted(self.days, np.datetime64(start, "D"), side="left"))
        high = int(np.searchsorted(self.days, np.datetime64(end, "D"), side="right"))
        return range(low, max(low, high))

    def row(self, day: date) -> int:
        """The row of that session. Raises DataNotFit if it is none of the world's."""
        rows = self.rows(day, day)
        if not len(rows):
            span = f"{self.days[0]} to {self.days[-1]}"
            raise DataNotFit(f"{day} is no session of this world: {self.calendar.name}, {span}")
        return rows[0]
