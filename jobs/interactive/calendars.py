"""Which calendar dates are of: what says that a session is the last of its week or month."""

from dataclasses import replace

import numpy as np

from market.arrays import Days, from_day
from market.calendar import CALENDARS, Calendar, get_calendar
from market.errors import BadParameter
from market.strategies import Strategy

_ALWAYS = "24/7"
_ORDER = ("XNYS", *(name for name in CALENDARS if name not in {"XNYS", _ALWAYS}))
_WEEKDAYS = "every weekday"
_MOST_APART = 3.0  # days between two sessions, at the median: more are weeks or months


def calendar_for(strategy: Strategy, session: Days, name: str | None) -> Calendar:
    """That of the name; without one, what dates (n,) of daily bars are of.

    24/7 where some are of weekends; else the first exchange that has all of them as sessions, New
    York before others; else every weekday. Raises `BadParameter` for an unknown name, and where a
    strategy that decides at the ends of weeks or months is given bars that are no days.
    """
    if strategy.rebalance != "session":
        _require_daily(strategy, session)
    if name is not None:
        calendar = get_calendar(name)
        calendar.require(from_day(session[0]), from_day(session[-1]))
        return calendar
    if strategy.rebalance == "session" or not np.is_busday(session).all():
        return _every(_ALWAYS, weekdays=False)
    # No exchange trades on New Year's Day, and each takes a second to load.
    named = () if (session == session.astype("datetime64[Y]")).any() else _ORDER
    held = (get_calendar(name) for name in named)
    fits = (calendar for calendar in held if np.isin(session, calendar.days).all())
    return next(fits, None) or _every(_WEEKDAYS, weekdays=True)


def _every(name: str, *, weekdays: bool) -> Calendar:
    """All days, or all from Monday to Friday, of three centuries: other calendars begin in 1953."""
    days = np.arange("1800-01-01", "2100-01-01", dtype="datetime64[D]")
    days = days[np.is_busday(days)] if weekdays else days
    opens, closes = (stamps.astype("datetime64[us]") for stamps in (days, days + 1))
    never = np.full(len(days), "NaT", "datetime64[us]")
    return replace(
        get_calendar(_ALWAYS),
        name=name,
        days=days,
        opens=opens,
        closes=closes,
        break_starts=never,
        break_ends=never,
        early=days[:0],
    )


def _require_daily(strategy: Strategy, session: Days) -> None:
    steps = np.diff(session).astype(np.int64)
    if len(steps) and float(np.median(steps)) > _MOST_APART:
        raise BadParameter(
            f"strategy {strategy.name!r} decides at each {strategy.rebalance}, and the bars are "
            "no days; remedy: daily bars, or rebalance = 'session' in its class",
            parameter="strategy",
        )
