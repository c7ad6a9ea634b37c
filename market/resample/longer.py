"""Bars of a longer timeframe from shorter ones: minute to hour to day, session by session."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from market.arrays import Floats, Mask, RowNumbers, Stamps, to_stamp
from market.bars import BAR_SCHEMA
from market.calendar import Calendar
from market.resample.source import check_source
from market.tables import instrument_codes, numbers, require_columns, stamps
from market.timeframes import step_of


def resample(
    table: pa.Table,
    *,
    timeframe: str,
    calendar: Calendar,
    as_of: datetime | None = None,
    source: str | None = None,
) -> pa.Table:
    """Bars of ``timeframe`` from a BAR_SCHEMA table of shorter ones, any number of instruments.

    Hours and minutes are counted from the session's open and again from the end of its lunch
    break: no bar spans a break or a close, so the last of each part may be short (XNYS has seven
    hours a day, of which the last is 30 minutes). A day is the whole session, whatever midnights
    it crosses. The stamp is the bar's start by the calendar, also where its first minute is missing.

    ``available_at`` is the bar's end by the calendar, or later if one of its rows was known later:
    a day without trades in its last hour is known at the close, for only then is it sure that none
    came. With ``as_of`` (aware) rows that were not known then do not count, and bars that had not
    ended are left out.

    open, high, low, close and sums (volume, trade_count) are missing where a row of the bar lacks
    its part; vwap weights by volume and needs it of every row that traded. ``vintage`` is
    "recorded" if all rows are. Result in order of instrument and time.

    Each row must lie within one new bar. How long rows last is ``source``, their timeframe; without
    it, the longest that their stamps and the times at which they were known allow: too long for a
    handful of rows known late, which then need ``source``. Raises BadParameter for an unknown
    timeframe, DataNotFit for rows that span several new bars, for rows outside their session,
    without ``available_at``, or two of one stamp (``validate`` finds them), and a missing column.
    """
    step = step_of(timeframe)
    require_columns(table, BAR_SCHEMA.names)
    rows = table if as_of is None else _known(table, as_of)
    if rows.num_rows == 0:
        return BAR_SCHEMA.empty_table()
    rows = rows.set_column(
        rows.column_names.index("instrument_id"),
        "instrument_id",
        rows.column("instrument_id").cast(pa.string()),
    ).sort_by([("instrument_id", "ascending"), ("timestamp", "ascending")])
    check_source(rows, calendar, timeframe=timeframe, source=source)
    bars = _aggregate(rows, _groups(rows, calendar, step))
    # Twice: rows that were known in time may belong to a bar that had not ended.
    return bars if as_of is None else _known(bars, as_of)


@dataclass(frozen=True, eq=False)
class _Groups:
    """Where each new bar begins and ends among the rows, and from when to when it lasts."""

    first: RowNumbers
    last: RowNumbers
    start: Stamps
    end: Stamps


def _known(table: pa.Table, as_of: datetime) -> pa.Table:
    return table.filter(pa.array(stamps(table, "available_at") <= to_stamp(as_of)))


def _groups(rows: pa.Table, calendar: Calendar, step: np.timedelta64 | None) -> _Groups:
    times = stamps(rows, "timestamp")
    start, end = calendar.spans(times, step)
    codes = instrument_codes(rows)
    new: Mask = np.ones(len(times), dtype=bool)
    new[1:] = (codes[1:] != codes[:-1]) | (start[1:] != start[:-1])
    first = np.flatnonzero(new)
    return _Groups(first, np.append(first[1:], len(times)) - 1, start[first], end[first])


def _aggregate(rows: pa.Table, groups: _Groups) -> pa.Table:
    volume = np.add.reduceat(numbers(rows, "volume"), groups.first)
    known = np.maximum(groups.end, _latest(rows, "available_at", groups))
    # np.maximum and np.minimum keep NaN, as sums do: what one row lacks the new bar lacks.
    columns = {
        "instrument_id": rows.column("instrument_id").take(groups.first),
        "timestamp": groups.start,
        "session": rows.column("session").take(groups.first),
        "open": numbers(rows, "open")[groups.first],
        "high": np.maximum.reduceat(numbers(rows, "high"), groups.first),
        "low": np.minimum.reduceat(numbers(rows, "low"), groups.first),
        "close": numbers(rows, "close")[groups.last],
        "volume": volume,
        "trade_count": np.add.reduceat(numbers(rows, "trade_count"), groups.first),
        "vwap": _vwap(rows, volume, groups),
        "available_at": known,
        "recorded_at": _latest(rows, "recorded_at", groups),
        "vintage": _vintage(rows, groups),
    }
    return pa.table([_column(columns[f.name], f.type) for f in BAR_SCHEMA], schema=BAR_SCHEMA)


def _latest(rows: pa.Table, name: str, groups: _Groups) -> Stamps:
    ticks = stamps(rows, name).astype(np.int64)
    return np.maximum.reduceat(ticks, groups.first).astype("datetime64[us]")


def _vwap(rows: pa.Table, volume: Floats, groups: _Groups) -> Floats:
    """Sum of price times volume over volume; NaN without volume. What did not trade has no price."""
    own = numbers(rows, "volume")
    # Not NaN times 0: a row without trades would make the whole bar's price missing.
    paid = np.where(own == 0.0, 0.0, numbers(rows, "vwap") * own)
    total = np.add.reduceat(paid, groups.first)
    vwap: Floats = np.divide(total, volume, out=np.full(len(volume), np.nan), where=volume > 0.0)
    return vwap


def _vintage(rows: pa.Table, groups: _Groups) -> list[str]:
    recorded = pc.equal(rows.column("vintage"), "recorded").to_numpy()
    every = np.logical_and.reduceat(recorded, groups.first)
    return ["recorded" if recorded else "backfilled" for recorded in every.tolist()]


def _column(values: pa.ChunkedArray | Floats | Stamps | list[str], kind: pa.DataType) -> pa.Array:
    if isinstance(values, pa.ChunkedArray):
        return values.cast(kind)
    return pa.array(values, from_pandas=True).cast(kind)
