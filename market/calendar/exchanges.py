"""What the stored tables of exchanges are made of: exchange_calendars, corrected where history differs."""

import warnings
from typing import Any

import exchange_calendars
import numpy as np

from market.arrays import Days, Stamps
from market.calendar.globex import with_globex_hours
from market.calendar.schedule import Schedule, corrected, without
from market.calendar.sources import FIRST, LAST

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


def schedule_of(name: str) -> tuple[Schedule, str]:
    """The schedule of an exchange by its MIC, and the release that it comes from."""
    with warnings.catch_warnings():
        # exchange_calendars 4.13 uses what pandas 3.1 deprecates (Series.values of a UTC column).
        warnings.simplefilter("ignore")
        source = exchange_calendars.get_calendar(name, start=_FIRST_OF.get(name, FIRST), end=LAST)
        schedule = without(_schedule(source), _old_holidays(source))
    schedule = corrected(name, schedule)
    if name == "CMES":
        schedule = with_globex_hours(schedule)
    return schedule, f"exchange_calendars-{exchange_calendars.__version__}"


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
