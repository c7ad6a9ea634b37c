"""Minutes of any exchange for tests: what trades in them is drawn, when they are is the calendar's."""

from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa

from market.bars import BAR_SCHEMA
from market.calendar import get_calendar

MINUTE = np.timedelta64(1, "m")
RECORDED = datetime(2030, 1, 1, tzinfo=UTC)


def minute_table(
    calendar_name: str,
    start: date,
    end: date,
    *,
    seed: int = 1,
    keep: float = 1.0,
    delay_s: int = 0,
    instrument_id: str = "synthetic:SYN001",
) -> pa.Table:
    """Minutes with a share ``keep`` of them traded; prices in cents, whole volumes."""
    calendar = get_calendar(calendar_name)
    draws = np.random.default_rng(seed)
    stamps = calendar.stamps(start, end)
    stamps = stamps[draws.random(len(stamps)) < keep]
    count = len(stamps)
    close = 10_000 + np.cumsum(draws.integers(-5, 6, count))
    opening = close + draws.integers(-3, 4, count)
    high = np.maximum(opening, close) + draws.integers(0, 4, count)
    low = np.minimum(opening, close) - draws.integers(0, 4, count)
    place = calendar.parts.sessions[calendar.parts.locate(stamps)]
    known = stamps + MINUTE + np.timedelta64(delay_s, "s")
    columns = {
        "instrument_id": [instrument_id] * count,
        "timestamp": stamps,
        "session": calendar.days[place],
        "open": opening / 100,
        "high": high / 100,
        "low": low / 100,
        "close": close / 100,
        "volume": draws.integers(0, 500, count).astype(float),
        "trade_count": draws.integers(0, 50, count),
        "vwap": (high + low) / 200,
        "available_at": known,
        "recorded_at": [RECORDED] * count,
        "vintage": ["recorded"] * count,
    }
    arrays = [pa.array(columns[field.name]).cast(field.type) for field in BAR_SCHEMA]
    return pa.table(arrays, schema=BAR_SCHEMA)
