"""What a series must not say: stamps in a wrong time zone, and bars that are not over."""

from datetime import datetime

import numpy as np

from cluster.errors import BadInput
from cluster.providers.files.parsed import Series
from cluster.providers.kit.zones import days_off, days_told, hours_off, told
from market.arrays import to_stamp
from market.calendar import get_calendar

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
