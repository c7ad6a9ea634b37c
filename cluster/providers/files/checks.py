"""What a series must not say: stamps in a wrong time zone, and bars that are not over."""

from datetime import datetime

import numpy as np

from cluster.errors import BadInput
from cluster.providers.files.parsed import Series
from cluster.providers.kit.zones import days_off, days_told, hours_off, told
from market.arrays import to_stamp
from market.calendar import Calendar, get_calendar
from market.quality.spacing import no_days

_MINUTE = np.timedelta64(1, "m")


def check_zone(series: Series, calendar_name: str) -> None:
    """Raise BadInput where bars stand whole hours, or a day, away from their sessions."""
    calendar = get_calendar(calendar_name)
    if series.timeframe == "1Day" and (days := days_off(series.times, calendar)):
        raise BadInput(
            f"{series.source}: dates of {series.symbol} stand {days_told(days)} for "
            f"{calendar.name}: write the exchange's own dates, without times; nothing was written"
        )
    if series.timeframe == "1Min" and (hours := hours_off(series.times, calendar)):
        raise BadInput(
            f"{series.source}: bars of {series.symbol} stand {told(hours)} for {calendar.name}: "
            "their time zone is wrong; state the right one with --timezone; nothing was written"
        )


def check_spacing(series: Series, calendar_name: str) -> None:
    """Raise BadInput for daily bars that are weeks or months, and minutes stamped with their end."""
    calendar = get_calendar(calendar_name)
    if series.timeframe == "1Min":
        _check_ends(series, calendar)
    elif found := no_days(series.times, calendar):
        raise BadInput(
            f"{series.source}: rows of {series.symbol} stand {found}, of which the lake keeps none; take "
            "daily prices, or say --timeframe 1Day if it trades that seldom; nothing was written"
        )


def _check_ends(series: Series, calendar: Calendar) -> None:
    # Round the clock a close is the next open, which shows nothing.
    at_close = int(np.isin(series.times, calendar.parts.ends).sum())
    days = len(np.unique(series.times.astype("datetime64[D]")))
    if at_close and 2 * at_close >= days and not np.isin(series.times, calendar.parts.starts).any():
        raise BadInput(
            f"{series.source}: {at_close} bars of {series.symbol} are stamped with the close of their "
            "session and none with an open: say --stamped end, or --stamped start if they are not "
            "stamped with their end; nothing was written"
        )


def check_past(series: Series, calendar_name: str, *, now: datetime) -> None:
    """Raise BadInput where a bar ends after `now` (aware), or its session is not over."""
    if series.timeframe == "1Day":
        late = series.times > np.datetime64(get_calendar(calendar_name).last_session(now))
    else:
        late = series.times + _MINUTE > to_stamp(now)
    if late.any():
        raise BadInput(
            f"{series.source}: {int(late.sum())} bars of {series.symbol} are in the future or not "
            f"over, the first at {series.times[late].min()}; nothing was written"
        )
