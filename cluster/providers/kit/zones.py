"""Stamps in a wrong time zone: bars that would fit their sessions if they stood hours elsewhere."""

import numpy as np
from numpy.typing import NDArray

from market.arrays import Days, Stamps
from market.calendar import Calendar

_FEWEST = 20  # below that many stamps nothing is said
_WELL, _MOSTLY, _EXPLAINED = 0.95, 0.75, 0.95
_DENSE = 0.9
# No zone is farther from UTC than 14 hours.
_HOURS = range(-14, 15)


def hours_off(stamps: Stamps, calendar: Calendar) -> tuple[int, ...]:
    """The whole hours to add so that stamps (datetime64[us], UTC) fall into sessions.

    Empty while 19 in 20 stamps are inside sessions as they are, and where no shift brings so many
    there. While three in four are inside, only nearly full sessions are judged: a thin series may
    well begin before the open and end early. Two neighbouring hours are given where summer time
    changes the distance.
    """
    # What the calendar does not reach says nothing of a zone.
    stamps = stamps[(stamps >= calendar.opens[0]) & (stamps <= calendar.closes[-1])]
    if len(stamps) < _FEWEST:
        return ()
    inside = _inside(stamps, calendar, 0).mean()
    if inside >= _WELL or (inside >= _MOSTLY and not _dense(stamps, calendar)):
        return ()
    ordered = np.sort(stamps)
    days = ordered.astype("datetime64[D]")
    # Counted by day: summer time begins and ends between two days.
    edges = np.flatnonzero(np.concatenate(([True], days[1:] != days[:-1])))
    counts = np.stack(
        [np.add.reduceat(_inside(ordered, calendar, hours), edges) for hours in _HOURS]
    )
    return _explaining(counts, len(ordered))


def days_off(days: Days, calendar: Calendar) -> int:
    """The day to add (1 or -1) so that dates of daily bars, shape (n,), become sessions.

    0 while 19 in 20 are, and where neither brings so many there: in a wrong zone midnight has
    another date, which turns Mondays into Sundays and is seen by nothing else.
    """
    days = days[(days >= calendar.days[0]) & (days <= calendar.days[-1])]
    if len(days) < _FEWEST or _sessions(days, calendar) >= _WELL:
        return 0
    fitting = {shift: _sessions(days + shift, calendar) for shift in (1, -1)}
    nearest = max(fitting, key=fitting.__getitem__)
    return nearest if fitting[nearest] >= _EXPLAINED else 0


def days_told(days: int) -> str:
    """The distance in words: `a day early` for dates to which one must be added."""
    return f"a day {'early' if days > 0 else 'late'}"


def told(hours: tuple[int, ...]) -> str:
    """The distance in words: `5 hours early` for stamps to which 5 hours must be added."""
    distances = " or ".join(str(abs(distance)) for distance in sorted(hours, key=abs))
    unit = "hour" if distances == "1" else "hours"
    return f"{distances} {unit} {'early' if hours[0] > 0 else 'late'}"


def _dense(stamps: Stamps, calendar: Calendar) -> bool:
    """Whether there are about as many stamps as the sessions of their dates have minutes."""
    days = np.unique(stamps.astype("datetime64[D]"))
    expected = sum(len(calendar.minutes(day)) for day in days.tolist() if calendar.is_session(day))
    return len(stamps) >= _DENSE * expected


def _sessions(days: Days, calendar: Calendar) -> float:
    """The share of the dates that are sessions."""
    place = np.minimum(np.searchsorted(calendar.days, days), len(calendar.days) - 1)
    return float((calendar.days[place] == days).mean())


def _inside(stamps: Stamps, calendar: Calendar, hours: int) -> NDArray[np.int64]:
    shifted = stamps + np.timedelta64(hours * 60, "m")
    inside: NDArray[np.int64] = (calendar.parts.locate(shifted) >= 0).astype(np.int64)
    return inside


def _explaining(counts: NDArray[np.int64], total: int) -> tuple[int, ...]:
    """The hour, or the two, under which most stamps of `counts` (hours, days) are inside."""
    single = counts.sum(axis=1)
    nearest = min(range(len(_HOURS)), key=lambda row: (-single[row], abs(_HOURS[row])))
    if single[nearest] >= _EXPLAINED * total:
        return (_HOURS[nearest],)
    # Each day under the better of two neighbouring hours, as summer time has it.
    pairs = np.maximum(counts[:-1], counts[1:]).sum(axis=1)
    row = int(np.argmax(pairs))
    if pairs[row] >= _EXPLAINED * total:
        return _HOURS[row], _HOURS[row + 1]
    return ()
