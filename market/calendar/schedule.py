"""The rows that a calendar is made of, and where history differs from exchange_calendars.

exchange_calendars 4.13 gives Tokyo and Hong Kong their present lunch break in every year, and knows
neither Tokyo's half days nor two closures of Hong Kong. The exchanges published:

* XTKS: lunch 11:00-12:30 until 2011-11-18, 11:30-12:30 since (Tokyo Stock Exchange, "Extension of
  trading hours", 2011). The first and the last session of a year were mornings only until
  2009-01-05.
* XHKG: lunch 12:30-14:30 until 2011-03-04 and half days that closed at 12:30, lunch 12:00-13:30
  until 2012-03-02, 12:00-13:00 since (HKEX, "Trading hours", phases 1 and 2). No trading on
  2023-09-01 (typhoon Saola) and 2023-09-08 (black rainstorm).

CMES differs in its daily hours: see ``globex``. Days that opened late or were cut short by weather or a failure are not corrected.
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from market.arrays import Days, Stamps

_HOUR, _MINUTE = np.timedelta64(60, "m"), np.timedelta64(1, "m")
_CLOSURES = {"XHKG": ("2023-09-01", "2023-09-08")}
_OFFSETS = {"XTKS": 9 * _HOUR, "XHKG": 8 * _HOUR}  # neither keeps summer time


@dataclass(frozen=True)
class Lunch:
    """A lunch break in minutes after local midnight, from ``since`` until before ``until``.

    Half days of those years close when it starts.
    """

    since: str
    until: str
    start: int
    end: int


_LUNCHES = {
    "XTKS": (Lunch("1990-01-01", "2011-11-21", 11 * 60, 12 * 60 + 30),),
    "XHKG": (
        Lunch("1986-04-02", "2011-03-07", 12 * 60 + 30, 14 * 60 + 30),
        Lunch("2011-03-07", "2012-03-05", 12 * 60, 13 * 60 + 30),
    ),
}


@dataclass(frozen=True, eq=False)
class Schedule:
    """Columns of equal length, as in Calendar; ``early`` marks the early closes."""

    days: Days
    opens: Stamps
    closes: Stamps
    break_starts: Stamps
    break_ends: Stamps
    early: NDArray[np.bool_]


def corrected(name: str, schedule: Schedule) -> Schedule:
    """The schedule as the exchange published it."""
    result = without(schedule, np.array(_CLOSURES.get(name, ()), dtype="datetime64[D]"))
    if name == "XTKS":
        result.early[_half_days_of_tokyo(result.days)] = True
    for lunch in _LUNCHES.get(name, ()):
        _set_lunch(result, lunch, offset=_OFFSETS[name])
    return result


def without(schedule: Schedule, closed: Days) -> Schedule:
    """The schedule without those days, in columns of its own."""
    kept = ~np.isin(schedule.days, closed)
    return Schedule(
        **{field.name: getattr(schedule, field.name)[kept] for field in fields(Schedule)}
    )


def _half_days_of_tokyo(days: Days) -> NDArray[np.bool_]:
    """The first and last session of a year, up to 2009-01-05."""
    years = days.astype("datetime64[Y]")
    # The calendar begins with a year, so its first session is one of them.
    turns = np.ones(len(days), dtype=bool)
    turns[1:-1] = (years[1:-1] != years[:-2]) | (years[1:-1] != years[2:])
    halves: NDArray[np.bool_] = turns & (days <= np.datetime64("2009-01-05"))
    return halves


def _set_lunch(schedule: Schedule, lunch: Lunch, *, offset: np.timedelta64) -> None:
    chosen = (schedule.days >= np.datetime64(lunch.since)) & (
        schedule.days < np.datetime64(lunch.until)
    )
    midnight = schedule.days.astype("datetime64[us]") - offset
    start, end = midnight + lunch.start * _MINUTE, midnight + lunch.end * _MINUTE
    whole, half = chosen & ~schedule.early, chosen & schedule.early
    schedule.break_starts[whole], schedule.break_ends[whole] = start[whole], end[whole]
    # Half days close where lunch begins, so they have none.
    schedule.break_starts[half] = schedule.break_ends[half] = np.datetime64("NaT")
    schedule.closes[half] = start[half]
