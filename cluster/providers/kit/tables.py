"""Tables of bars from columns: what every provider hands over, stamped by its calendar."""

from collections.abc import Mapping
from datetime import datetime

import numpy as np
import pyarrow as pa

from cluster.errors import BadInput
from market.arrays import Days, Floats, Stamps
from market.bars import BAR_SCHEMA, INSTANT
from market.calendar import Calendar

_MINUTE, _DAY = np.timedelta64(1, "m"), np.timedelta64(1, "D")


def daily_bars(
    instrument_id: str,
    days: Days,
    numbers: Mapping[str, Floats],
    *,
    calendar: Calendar,
    recorded_at: datetime,
) -> pa.Table:
    """Daily bars (BAR_SCHEMA): stamped with the open of their session, known at its close.

    `days` is datetime64[D], shape (n,); `numbers` are columns of that shape by the schema's names
    (open, high, low, close, volume, trade_count, vwap), NaN where missing; a column that is not
    given is null. A date that is no session keeps its UTC midnight: validation refuses it. Raises
    BadInput for a trade_count that is no whole number.
    """
    # A date behind the calendar's end has no place: it is compared with the last, and differs.
    place = np.minimum(np.searchsorted(calendar.days, days), len(calendar.days) - 1)
    session = calendar.days[place] == days
    midnight = days.astype("datetime64[us]")
    return _table(
        instrument_id,
        numbers,
        recorded_at,
        timestamp=np.where(session, calendar.opens[place], midnight),
        session=days,
        available_at=np.where(session, calendar.closes[place], midnight + _DAY),
    )


def minute_bars(
    instrument_id: str,
    stamps: Stamps,
    numbers: Mapping[str, Floats],
    *,
    calendar: Calendar,
    recorded_at: datetime,
) -> pa.Table:
    """Minute bars (BAR_SCHEMA): stamped with their open, known a minute later.

    `stamps` is datetime64[us] in UTC, shape (n,); `numbers` as in `daily_bars`. A stamp outside
    every session gets its UTC date: validation refuses it.
    """
    place = calendar.parts.locate(stamps)
    # Outside every session the place is -1: what that reads here is replaced below.
    sessions = calendar.days[calendar.parts.sessions[place]]
    return _table(
        instrument_id,
        numbers,
        recorded_at,
        timestamp=stamps,
        session=np.where(place >= 0, sessions, stamps.astype("datetime64[D]")),
        available_at=stamps + _MINUTE,
    )


def _table(
    instrument_id: str,
    numbers: Mapping[str, Floats],
    recorded_at: datetime,
    **times: Stamps,
) -> pa.Table:
    count = len(times["timestamp"])
    columns: dict[str, pa.Array] = {
        "instrument_id": pa.repeat(instrument_id, count),
        "recorded_at": pa.repeat(pa.scalar(recorded_at, INSTANT), count),
        "vintage": pa.repeat("backfilled", count),
    }
    columns |= {name: pa.array(values) for name, values in times.items()}
    # `from_pandas` makes null of NaN, the one form in which a number is missing.
    columns |= {name: pa.array(values, from_pandas=True) for name, values in numbers.items()}
    absent = {field.name: pa.nulls(count, field.type) for field in BAR_SCHEMA}
    try:
        arrays = [(absent | columns)[field.name].cast(field.type) for field in BAR_SCHEMA]
    except pa.ArrowInvalid as exc:  # a count of trades is the one whole number
        counts = numbers["trade_count"]
        broken = next(count for count in counts.tolist() if not count.is_integer())
        raise BadInput(f"{instrument_id}: trade_count {broken}: expected whole numbers") from exc
    return pa.table(arrays, BAR_SCHEMA)
