"""Closures that nobody could foresee: a feature that looks ahead in the calendar may not know of them."""

import numpy as np

from market.arrays import Days
from market.calendar import Calendar

_US = (
    "1963-11-25",  # mourning for President Kennedy
    "1968-04-09",  # mourning for Martin Luther King
    "1969-02-10",  # snow
    "1969-03-31",  # mourning for President Eisenhower
    "1969-07-21",  # the first landing on the Moon, announced days before
    "1972-12-28",  # mourning for President Truman
    "1973-01-25",  # mourning for President Johnson
    "1977-07-14",  # New York without power
    "1985-09-27",  # hurricane Gloria
    "1994-04-27",  # mourning for President Nixon, announced four days before
    "2001-09-11",  # attacks on New York, closed until the 17th
    "2001-09-12",
    "2001-09-13",
    "2001-09-14",
    "2004-06-11",  # mourning for President Reagan
    "2007-01-02",  # mourning for President Ford
    "2012-10-29",  # hurricane Sandy, announced on the evening before
    "2012-10-30",
    "2018-12-05",  # mourning for President Bush
    "2025-01-09",  # mourning for President Carter
)
UNFORESEEN: dict[str, tuple[str, ...]] = {
    "XNYS": _US,
    "XNAS": _US,
    "CMES": ("1994-04-27", "2004-06-11", "2007-01-02"),
    "XLON": ("2022-09-19",),  # funeral of Queen Elizabeth II, announced nine days before
    "XTKS": ("2020-10-01",),  # the trading system failed
    "XHKG": (  # typhoons and black rainstorms
        *("1992-07-22", "1993-09-17", "1999-09-16", "2001-07-06", "2001-07-25", "2008-08-06"),
        *("2008-08-22", "2011-09-29", "2013-08-14", "2016-08-02", "2016-10-21", "2017-08-23"),
        *("2020-10-13", "2021-10-13", "2023-07-17", "2023-09-01", "2023-09-08", "2024-09-06"),
    ),
}
"""By calendar. Holidays that were announced months ahead (a jubilee, a coronation) are not here."""


def foreseen_days(calendar: Calendar) -> Days:
    """The sessions as they were expected: those that fell out at short notice are among them.

    So what reads ahead is the same before and after a calendar's source learns of such a closure.
    """
    closures = np.array(UNFORESEEN.get(calendar.name, ()), dtype="datetime64[D]")
    # Beyond its ends the calendar knows no sessions to add one to.
    inside = (closures > calendar.days[0]) & (closures < calendar.days[-1])
    days: Days = np.union1d(calendar.days, closures[inside])
    return days
