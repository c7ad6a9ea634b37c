"""Due times as pure functions: after each session's close by its exchange's calendar, or at an hour."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Protocol

import numpy as np

from market.arrays import from_stamp, to_stamp
from market.calendar import get_calendar

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DAY = timedelta(days=1)


class When(Protocol):
    """A rule for due times, all aware UTC."""

    def due(self, after: datetime, until: datetime) -> list[datetime]:
        """The due times with after < t <= until, in order; none where `until` is not later."""

    def following(self, after: datetime) -> datetime | None:
        """The first one later than `after`; None where the rule knows of none."""


@dataclass(frozen=True)
class AfterClose:
    """`delay` after the close of every session of `calendar`: half days earlier, holidays never."""

    calendar: str
    delay: timedelta

    def due(self, after: datetime, until: datetime) -> list[datetime]:
        closes = get_calendar(self.calendar).closes
        # "right" for both: a close at `after` is out, one at `until` is in.
        low, high = np.searchsorted(closes, [self._close(after), self._close(until)], side="right")
        return [from_stamp(close) + self.delay for close in closes[low:high]]

    def following(self, after: datetime) -> datetime | None:
        closes = get_calendar(self.calendar).closes
        place = int(np.searchsorted(closes, self._close(after), side="right"))
        return from_stamp(closes[place]) + self.delay if place < len(closes) else None

    def _close(self, due: datetime) -> np.datetime64:
        return to_stamp(due - self.delay)

    def __str__(self) -> str:
        return f"{self.delay // timedelta(minutes=1)} min after the close of {self.calendar}"


@dataclass(frozen=True)
class AtHour:
    """At an hour UTC on some days of the week, 0 being Monday. UTC has no summer time."""

    days: Sequence[int]
    at: time

    def due(self, after: datetime, until: datetime) -> list[datetime]:
        begin, end = after.astimezone(UTC), until.astimezone(UTC)
        dates = ((begin.date() + n * _DAY) for n in range((end.date() - begin.date()).days + 1))
        moments = (
            datetime.combine(day, self.at, UTC) for day in dates if day.weekday() in self.days
        )
        return [moment for moment in moments if begin < moment <= end]

    def following(self, after: datetime) -> datetime | None:
        # A week and a day: where `after` is itself a due time, the next may be a whole week on.
        return next(iter(self.due(after, after + 8 * _DAY)), None)

    def __str__(self) -> str:
        whole_week = len(set(self.days)) == len(DAYS)
        names = "every day" if whole_week else ", ".join(DAYS[day] for day in sorted(self.days))
        return f"{names} at {self.at:%H:%M} UTC"
