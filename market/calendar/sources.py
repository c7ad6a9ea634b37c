"""Where calendars come from: exchange_calendars for exchanges, every UTC day for ``24/7``."""

import warnings
from functools import cache
from typing import Any

import numpy as np

from market.arrays import Days, Stamps
from market.calendar.calendar import Calendar
from market.calendar.globex import with_globex_hours
from market.calendar.schedule import Schedule, corrected, without
from market.errors import BadParameter, near_names, offered

# Fixed, so that a calendar's answers depend on its version and not on the day it was built.
_FIRST, _LAST = "1990-01-01", "2039-12-31"
# Where more or less is known: New York since the five-day week, as NYSE lists its closings; Nasdaq
# since the Composite; London since the FTSE 100; Hong Kong since its four exchanges became one;
# Tokyo from the first day that exchange_calendars can evaluate.
_FIRST_OF = {
    "XNYS": "1953-01-01",
    "XNAS": "1971-02-05",
    "XLON": "1984-01-01",
    "XHKG": "1986-04-02",
    "XTKS": "1997-01-01",
}
_HOLIDAYS_COUNT_FROM = "1970-01-01"
_DECADE = np.array(["2015-01-01", "2025-01-01"], dtype="datetime64[D]")
CALENDARS = ("24/7", "CMES", "XETR", "XHKG", "XLON", "XNAS", "XNYS", "XTKS")
"""The calendars that there are, by name: 24/7 and MICs."""


@cache
def get_calendar(name: str) -> Calendar:
    """The calendar of that name: ``24/7`` or an exchange's MIC (``XNYS``).

    Kept after the first call, which takes about a second for the first exchange. Spans 1990 to
    2039, XNYS from 1953, XNAS from 1971, XLON from 1984, XHKG from 1986, XTKS from 1997. XNYS has its
    present hours in every year (it opened at 10:00 until 1985 and closed at 15:30 until 1974), so
    that what is known at a close is dated too late there, never too early. XLON and XETR have their present hours in every year, which they kept
    from 2004 on. CMES has the hours of equity index futures on Globex from 2012-11-19 on: 17:00
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
    return _always_open() if name == "24/7" else _exchange(name)


def sessions_a_year(days: Days) -> int:
    """Sessions a year for annualisation: the mean of 2015 to 2024, rounded.

    One rule for every calendar and every union of them; it gives 252 for XNYS and 365 for 24/7.
    """
    low, high = np.searchsorted(days, _DECADE)
    return round(int(high - low) / 10)


def _always_open() -> Calendar:
    """Every UTC day is a session from 00:00 to the next 00:00."""
    days = np.arange(_FIRST, np.datetime64(_LAST) + 1, dtype="datetime64[D]")
    none = np.full(len(days), np.datetime64("NaT"), dtype="datetime64[us]")
    opens, closes = days.astype("datetime64[us]"), (days + 1).astype("datetime64[us]")
    whole = Schedule(days, opens, closes, none, none, np.zeros(len(days), dtype=bool))
    return _calendar("24/7", whole, source="utc-days")


def _exchange(name: str) -> Calendar:
    import exchange_calendars

    with warnings.catch_warnings():
        # exchange_calendars 4.13 uses what pandas 3.1 deprecates (Series.values of a UTC column).
        warnings.simplefilter("ignore")
        source = exchange_calendars.get_calendar(name, start=_FIRST_OF.get(name, _FIRST), end=_LAST)
        schedule = without(_schedule(source), _old_holidays(source))
    version = f"exchange_calendars-{exchange_calendars.__version__}"
    schedule = corrected(name, schedule)
    if name == "CMES":
        schedule = with_globex_hours(schedule)
    return _calendar(name, schedule, source=version)


def _old_holidays(source: Any) -> Days:
    """Regular holidays before 1970, which exchange_calendars counts as sessions.

    It has them, but pandas gives its business days no holiday before that year.
    """
    found = source.regular_holidays.holidays(source.first_session, _HOLIDAYS_COUNT_FROM)
    holidays: Days = found.to_numpy().astype("datetime64[D]")
    return holidays


def _schedule(source: Any) -> Schedule:
    frame = source.schedule
    days = frame.index.to_numpy().astype("datetime64[D]")
    columns = {name: _stamps(frame[name]) for name in ("open", "close", "break_start", "break_end")}
    return Schedule(
        days,
        columns["open"],
        columns["close"],
        columns["break_start"],
        columns["break_end"],
        np.isin(days, source.early_closes.to_numpy().astype("datetime64[D]")),
    )


def _stamps(column: Any) -> Stamps:
    stamps: Stamps = column.dt.tz_localize(None).to_numpy().astype("datetime64[us]")
    return stamps


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
