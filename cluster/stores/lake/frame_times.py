"""Spans as people say them: days as text, dates and times of any library."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

import numpy as np

from cluster.errors import BadInput, Fault
from market.arrays import Mask, to_stamp
from market.bars import Bars

When = str | date | datetime | np.datetime64
"""A day, or a moment with its zone."""


@dataclass(frozen=True)
class Span:
    """From `start` to `end`: a day means its whole session, a moment cuts bars by their open."""

    start: date | datetime | None
    end: date | datetime | None

    @classmethod
    def of(cls, start: When | None, end: When | None) -> "Span":
        """Raises BadInput for what is no time, for a moment without a zone, and an empty span."""
        first, last = _read(start, "start"), _read(end, "end")
        if first is not None and last is not None and _instant(first) > _instant(last):
            message = f"end={end}: expected on or after start={start}"
            raise BadInput(message, faults=[Fault("end", message)])
        return cls(first, last)

    def rows(self, bars: Bars) -> Mask:
        """Which bars lie in it."""
        inside: Mask = np.ones(len(bars), dtype=np.bool_)
        if isinstance(self.start, datetime):
            inside &= bars.timestamp >= to_stamp(self.start)
        elif self.start is not None:
            inside &= bars.session >= np.datetime64(self.start, "D")
        if isinstance(self.end, datetime):
            inside &= bars.timestamp < to_stamp(self.end)
        elif self.end is not None:
            inside &= bars.session <= np.datetime64(self.end, "D")
        return inside

    def __str__(self) -> str:
        return f"from {self.start or 'the first'} to {self.end or 'the last'}"


def moment(when: When | None, name: str) -> datetime | None:
    """A moment; a day means its first instant in UTC, as over HTTP."""
    read = _read(when, name)
    if read is None or isinstance(read, datetime):
        return read
    return _instant(read)


def _read(when: When | None, name: str) -> date | datetime | None:
    if when is None:
        return None
    try:
        read = _parsed(when)
    except (ValueError, TypeError) as exc:
        raise _refused(name, "expected a day such as 2024-01-31, or a time with its zone") from exc
    if not isinstance(read, datetime):
        return read
    if read.tzinfo is not None:
        return read.astimezone(UTC)
    # What pandas and others make of a day: midnight, without a zone.
    if read.time() == time():
        return read.date()
    raise _refused(name, "a time needs its zone, such as 2024-01-31T14:30:00Z")


def _parsed(when: When) -> date | datetime:
    if isinstance(when, str):
        is_day = len(when) == len("2024-01-31")
        return date.fromisoformat(when) if is_day else datetime.fromisoformat(when)
    if isinstance(when, np.datetime64):
        found = when.astype("datetime64[us]").item()
        if not isinstance(found, datetime):
            raise TypeError("no time")
        return found
    if isinstance(when, datetime):
        # A stamp of pandas is one as well; NaT says that it is, and has no year.
        return datetime.fromisoformat(when.isoformat())
    if isinstance(when, date):
        return when
    raise TypeError("no time")


def _instant(when: date | datetime) -> datetime:
    return when if isinstance(when, datetime) else datetime.combine(when, time(), UTC)


def _refused(name: str, message: str) -> BadInput:
    return BadInput(f"{name}: {message}", faults=[Fault(name, message)])
