"""How far apart bars stand: weeks and months that were taken for days."""

import numpy as np

from market.arrays import Days
from market.calendar import Calendar

_FEWEST = 5  # below that many dates nothing is said
_WEEK, _MONTH = 3, 15  # sessions apart, at the least


def sessions_apart(days: Days, calendar: Calendar) -> int:
    """The median distance in sessions between neighbouring dates of a series, in any order.

    1 for daily bars, 5 for weeks, 21 for months; 1 too for fewer than five dates that the calendar
    covers. A date that is no session counts as the session after it.
    """
    known = np.unique(days)
    known = known[(known >= calendar.days[0]) & (known <= calendar.days[-1])]
    if len(known) < _FEWEST:
        return 1
    return int(np.median(np.diff(np.searchsorted(calendar.days, known))))


def no_days(days: Days, calendar: Calendar) -> str:
    """What daily bars of these dates, in any order, are in truth, in words; empty where they are days."""
    apart = sessions_apart(days, calendar)
    if apart < _WEEK:
        return ""
    return f"{apart} sessions apart: {'months' if apart >= _MONTH else 'weeks'}, not days"
