"""CMES: the hours of equity index futures on Globex, as CME published them, from 2012-11-19 on.

exchange_calendars 4.13 has one day for all products of the exchange: 17:00 of the evening before to
17:00, Chicago time, with early closes at noon. Equity index futures trade otherwise:

* A day ends at 16:15 from 2012-11-19 and at 16:00 from 2015-09-21 on, the hour up to 17:00 being
  maintenance (CME, "Equity Index Later Close", 2012; Globex notice of 2015-09-14). Trading halted
  from 15:15 to 15:30 until 2021-06-25 (Globex notice of 2021-06-21).
* The day after Thanksgiving, the eves of Christmas and of Independence Day end at 12:15 (CME's
  holiday calendars). Juneteenth, a holiday since 2022, ends at 12:00 as the others do.
* Good Friday ends at 8:15 where the employment report falls on it.
* Two days of mourning ended at 8:30 (CME's announcements of 2018-12-02 and 2024-12-30).

Days before that are as exchange_calendars has them: then the session ended at 15:15, so what is
known at the close is dated too late there, never too early.
"""

from dataclasses import fields
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from market.arrays import Days, Mask, Stamps
from market.calendar.schedule import Schedule

_CHICAGO = ZoneInfo("America/Chicago")
_SINCE, _MAINTENANCE, _NO_HALT = np.array(
    ["2012-11-19", "2015-09-21", "2021-06-28"], dtype="datetime64[D]"
)
_JUNETEENTH = np.datetime64("2022-01-01")
_HALT = time(15, 15), time(15, 30)
# Sessions that the source counts as holidays, with their closes.
_SHORT = {
    "2015-04-03": time(8, 15),
    "2018-12-05": time(8, 30),
    "2021-04-02": time(8, 15),
    "2023-04-07": time(8, 15),
    "2025-01-09": time(8, 30),
    "2026-04-03": time(8, 15),
}


def with_globex_hours(source: Schedule) -> Schedule:
    """The schedule of exchange_calendars with the hours of equity index futures."""
    schedule = _with_short_days(source)
    days, early = schedule.days, schedule.early
    since = days >= _SINCE
    halves, holidays = since & _half_days(days), since & _juneteenth(days)
    # In place: ``_with_short_days`` has made arrays of its own.
    early |= halves | holidays
    whole = since & ~early
    _close(schedule, whole & (days < _MAINTENANCE), time(16, 15))
    _close(schedule, whole & (days >= _MAINTENANCE), time(16))
    _close(schedule, halves, time(12, 15))
    _close(schedule, holidays, time(12))
    halted = whole & (days < _NO_HALT)
    schedule.break_starts[halted] = _utc(days[halted], _HALT[0])
    schedule.break_ends[halted] = _utc(days[halted], _HALT[1])
    return schedule


def _with_short_days(source: Schedule) -> Schedule:
    """With the sessions of ``_SHORT``, each open from 17:00 of the evening before."""
    days = np.array(list(_SHORT), dtype="datetime64[D]")
    closes = np.concatenate(
        [_utc(days[row : row + 1], close) for row, close in enumerate(_SHORT.values())]
    )
    none = np.full(len(days), np.datetime64("NaT"), dtype="datetime64[us]")
    short = Schedule(days, _utc(days - 1, time(17)), closes, none, none, np.ones(len(days), bool))
    # Where a later source knows such a day itself, ours stands in its place.
    rest = ~np.isin(source.days, days)
    order = np.argsort(np.concatenate((source.days[rest], days)))
    columns = {
        field.name: np.concatenate((getattr(source, field.name)[rest], getattr(short, field.name)))[
            order
        ]
        for field in fields(Schedule)
    }
    return Schedule(**columns)


def _half_days(days: Days) -> Mask:
    """The day after Thanksgiving, Christmas Eve, and 3 July unless it is the holiday itself."""
    month, day, weekday = _parts(days)
    # The Friday after the fourth Thursday.
    thanksgiving = (month == 11) & (weekday == 4) & (day >= 23) & (day <= 29)
    christmas = (month == 12) & (day == 24)
    # A Friday the 3rd is the holiday itself, for a 4th on Saturday.
    independence = (month == 7) & (day == 3) & (weekday < 4)
    halves: Mask = thanksgiving | christmas | independence
    return halves


def _juneteenth(days: Days) -> Mask:
    """19 June since 2022, or the working day beside it."""
    month, day, weekday = _parts(days)
    # A Saturday is kept on the Friday before, a Sunday on the Monday after.
    own = (day == 19) | ((day == 18) & (weekday == 4)) | ((day == 20) & (weekday == 0))
    observed: Mask = (days >= _JUNETEENTH) & (month == 6) & own
    return observed


def _parts(days: Days) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Month (1 to 12), day (1 to 31) and weekday (Monday is 0)."""
    months = days.astype("datetime64[M]")
    month = months.astype(np.int64) % 12 + 1
    day = (days - months.astype("datetime64[D]")).astype(np.int64) + 1
    return month, day, (days.astype(np.int64) + 3) % 7


def _close(schedule: Schedule, chosen: Mask, at: time) -> None:
    schedule.closes[chosen] = _utc(schedule.days[chosen], at)


def _utc(days: Days, at: time) -> Stamps:
    """That time of Chicago on each date, in UTC."""
    # Date by date: Chicago's summer time moves each of them in UTC.
    moments = [datetime.combine(day, at, tzinfo=_CHICAGO).astimezone(UTC) for day in days.tolist()]
    return np.array([moment.replace(tzinfo=None) for moment in moments], dtype="datetime64[us]")
