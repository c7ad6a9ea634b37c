"""Alpaca's bars as tables of ours: sessions by New York's date, regular hours alone."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from cluster.providers.alpaca.assets import CALENDAR
from cluster.providers.alpaca.pages import Row
from cluster.providers.kit.errors import WrongZone
from cluster.providers.kit.tables import daily_bars, minute_bars
from cluster.providers.kit.zones import hours_off, told
from market.arrays import Floats
from market.calendar import get_calendar

_NEW_YORK = ZoneInfo("America/New_York")
_NUMBERS = {
    "o": "open",
    "h": "high",
    "l": "low",
    "c": "close",
    "v": "volume",
    "n": "trade_count",
    "vw": "vwap",
}


def to_table(
    instrument_id: str,
    symbol: str,
    timeframe: str,
    rows: Sequence[Row],
    *,
    recorded_at: datetime,
) -> pa.Table:
    """The bars of one symbol (BAR_SCHEMA). Raises WrongZone for stamps that are hours away."""
    calendar = get_calendar(CALENDAR)
    numbers: dict[str, Floats] = {
        ours: np.array([row.get(theirs, np.nan) for row in rows], dtype=np.float64)
        for theirs, ours in _NUMBERS.items()
    }
    if timeframe == "1Day":
        days = np.array([session_of(row["at"], symbol) for row in rows], dtype="datetime64[D]")
        return daily_bars(instrument_id, days, numbers, calendar=calendar, recorded_at=recorded_at)
    # In UTC already; numpy's times know no zone.
    stamps = np.array([row["at"].replace(tzinfo=None) for row in rows], dtype="datetime64[us]")
    if hours := hours_off(stamps, calendar):  # before any are left out as early or late
        raise WrongZone(
            f"alpaca: minute bars of {symbol} stand {told(hours)} for {CALENDAR}: their time zone "
            "is wrong; nothing of this piece was written"
        )
    regular = calendar.parts.locate(stamps) >= 0
    numbers = {ours: values[regular] for ours, values in numbers.items()}
    return minute_bars(
        instrument_id, stamps[regular], numbers, calendar=calendar, recorded_at=recorded_at
    )


def session_of(at: datetime, symbol: str) -> date:
    """The session of a daily bar, which is stamped with midnight in New York. Raises WrongZone."""
    local = at.astimezone(_NEW_YORK)
    if local.time() != datetime.min.time():
        early = (24 - local.hour) % 24
        raise WrongZone(
            f"alpaca: the daily bar of {symbol} at {at.astimezone(UTC):%Y-%m-%dT%H:%MZ} stands "
            f"{early} hours early: expected midnight in New York; nothing of this piece was written"
        )
    return local.date()
