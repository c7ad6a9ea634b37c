"""Which bars are asked for, and where the calendar expects some."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np

from market.arrays import to_stamp
from market.calendar import Calendar


@dataclass(frozen=True)
class Ask:
    """Which bars: sorted symbols, sessions from `start` to `end`, both included."""

    symbols: tuple[str, ...]
    timeframe: str
    start: date
    end: date
    feed: str
    calendar: Calendar

    @property
    def begin(self) -> datetime:
        """The first instant of the span, in UTC."""
        return datetime.combine(self.start, datetime.min.time(), UTC)

    @property
    def stop(self) -> datetime:
        """The last instant of the span: no session of New York reaches into the next day's 05:00."""
        return datetime.combine(self.end, datetime.max.time(), UTC) + timedelta(hours=4)

    def expects(self, after: datetime | None, before: datetime | None) -> bool:
        """Whether the calendar has a bar strictly between two stamps; None: an end of the span."""
        if self.timeframe == "1Day":
            places = self.calendar.sessions(self.start, self.end)
        else:
            places = self.calendar.stamps(self.start, self.end)
        first = 0 if after is None else np.searchsorted(places, self._place(after), side="right")
        stop = (
            len(places)
            if before is None
            else np.searchsorted(places, self._place(before), side="left")
        )
        return bool(stop > first)

    def _place(self, at: datetime) -> np.datetime64:
        """A daily bar is stamped with midnight in New York, 04:00 or 05:00 UTC of the same date."""
        return np.datetime64(at.date(), "D") if self.timeframe == "1Day" else to_stamp(at)
