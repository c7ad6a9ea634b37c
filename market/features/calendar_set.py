"""The calendar features as a hashed set, and the record of the calendar that rows were read from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from market.arrays import Days, Floats, from_day
from market.calendar import Calendar
from market.errors import DataNotFit
from market.features.calendar_columns import COLUMNS, calendar_features
from market.features.declared import Declared


@dataclass(frozen=True)
class CalendarColumn:
    """One of ``market.features.calendar_columns.COLUMNS``."""

    name: str
    description: str


@dataclass(frozen=True)
class CalendarSet(Declared):
    """Columns of a session of an exchange's calendar.

    Which calendar, and which release of it, is data as prices are and no part of the definition:
    releases append holidays years ahead, and no model has to be trained again for those. A manifest
    keeps ``record``, which changes when sessions of the rows' own months do.
    """

    name: str
    version: int
    columns: tuple[CalendarColumn, ...]
    kind: ClassVar[str] = "calendar"

    def described(self) -> Sequence[CalendarColumn]:
        return self.columns

    @property
    def anchor(self) -> str:
        return "none: the published calendar of the month and of the sessions beside it"

    def compute(self, session: Days, calendar: Calendar) -> Floats:
        """Values (n, k) of sessions (n,) of the calendar; see ``calendar_features``."""
        places = [list(COLUMNS).index(name) for name in self.names]
        return calendar_features(session, calendar)[:, places]

    def record(self, session: Days, calendar: Calendar) -> dict[str, str]:
        """For a manifest: the calendar, its source, and the hash of all that the rows could read.

        Equal ``sessions`` mean equal values, whatever else a later release changes. Raises
        DataNotFit for no session.
        """
        days = np.asarray(session, dtype="datetime64[D]")
        if not len(days):
            raise DataNotFit(f"no session of {calendar.name} to record")
        first, last = days.min().astype("datetime64[M]"), days.max().astype("datetime64[M]") + 1
        # A session of the months before and after, which the gaps at their ends may read.
        low = max(int(np.searchsorted(calendar.days, first.astype("datetime64[D]"))) - 1, 0)
        high = int(np.searchsorted(calendar.days, last.astype("datetime64[D]")))
        end = calendar.days[min(high, len(calendar.days) - 1)]
        span = from_day(calendar.days[low]), from_day(end)
        return {
            "calendar": calendar.name,
            "source": calendar.source,
            "from": span[0].isoformat(),
            "to": span[1].isoformat(),
            "sessions": calendar.fingerprint(*span),
        }


CALENDAR = CalendarSet(
    "calendar", 1, tuple(CalendarColumn(name, text) for name, text in COLUMNS.items())
)
