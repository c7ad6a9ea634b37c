"""Calendars by name: exchanges from the tables that are shipped, every UTC day for ``24/7``."""

from functools import cache

import numpy as np

from market.arrays import Days
from market.calendar import stored
from market.calendar.calendar import Calendar
from market.calendar.schedule import Schedule
from market.errors import BadParameter, near_names, offered

# Fixed, so that a calendar's answers depend on its version and not on the day it was built.
FIRST, LAST = "1990-01-01", "2039-12-31"
_DECADE = np.array(["2015-01-01", "2025-01-01"], dtype="datetime64[D]")
CALENDARS = ("24/7", "CMES", "XETR", "XHKG", "XLON", "XNAS", "XNYS", "XTKS")
"""The calendars that there are, by name: 24/7 and MICs."""


@cache
def get_calendar(name: str) -> Calendar:
    """The calendar of that name: ``24/7`` or an exchange's MIC (``XNYS``).

    Kept after the first call. Spans 1990 to 2039, XNYS from 1953, XNAS from 1971, XLON from 1984,
    XHKG from 1986, XTKS from 1997. XNYS has its present hours in every year (it opened at 10:00 until
    1985 and closed at 15:30 until 1974), so that what is known at a close is dated too late there,
    never too early. XLON and XETR have their present hours in every year, which they kept from 2004
    on. CMES has the hours of equity index futures on Globex from 2012-11-19 on: 17:00
    Chicago time of the evening before to 16:00; ``globex`` has the rest. An instrument with hours of
    its own (grains, livestock) needs its own calendar.
    Raises BadParameter for an unknown name.
    """
    if name not in CALENDARS:
        hint = offered(map(repr, near_names(name, CALENDARS)[:1]))
        raise BadParameter(
            f"unknown calendar {name!r}: expected one of {', '.join(CALENDARS)}{hint}",
            parameter="calendar",
        )
    if name == "24/7":
        return _always_open()
    schedule, source = stored.load(name)
    return _calendar(name, schedule, source=source)


def sessions_a_year(days: Days) -> int:
    """Sessions a year for annualisation: the mean of 2015 to 2024, rounded.

    One rule for every calendar and every union of them; it gives 252 for XNYS and 365 for 24/7.
    """
    low, high = np.searchsorted(days, _DECADE)
    return round(int(high - low) / 10)


def _always_open() -> Calendar:
    """Every UTC day is a session from 00:00 to the next 00:00."""
    days = np.arange(FIRST, np.datetime64(LAST) + 1, dtype="datetime64[D]")
    none = np.full(len(days), np.datetime64("NaT"), dtype="datetime64[us]")
    opens, closes = days.astype("datetime64[us]"), (days + 1).astype("datetime64[us]")
    whole = Schedule(days, opens, closes, none, none, np.zeros(len(days), dtype=bool))
    return _calendar("24/7", whole, source="utc-days")


def _calendar(name: str, schedule: Schedule, *, source: str) -> Calendar:
    return Calendar(
        name,
        sessions_a_year(schedule.days),
        schedule.days,
        schedule.opens,
        schedule.closes,
        schedule.break_starts,
        schedule.break_ends,
        schedule.days[schedule.early],
        source,
    )
