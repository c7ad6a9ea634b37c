"""Bars as deliveries: tables with both clocks, and rows of them as plain values to be changed."""

from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa

from market.arrays import from_stamp
from market.bars import BAR_SCHEMA, PRICES, Bars

Row = dict[str, Any]
"""One row of BAR_SCHEMA by column; instants are aware."""


def delivered(bars: Bars) -> pa.Table:
    """The bars as a BAR_SCHEMA table, each recorded when it became known."""
    if not len(bars):
        return BAR_SCHEMA.empty_table()
    # ``to_arrow`` takes one instant for all bars; each one's own is put in after it.
    table = bars.to_arrow(recorded_at=from_stamp(bars.available_at[0]))
    place = BAR_SCHEMA.get_field_index("recorded_at")
    return table.set_column(place, BAR_SCHEMA.field(place), table.column("available_at"))


def rows_of(table: pa.Table, start: int, count: int) -> list[Row]:
    """Some rows of a table as plain values."""
    rows: list[Row] = table.slice(start, count).to_pylist()
    return rows


def replaced(table: pa.Table, start: int, count: int, rows: Sequence[Row]) -> pa.Table:
    """The table with other rows in place of ``count`` rows from ``start`` on."""
    middle = pa.Table.from_pylist(list(rows), schema=BAR_SCHEMA)
    return pa.concat_tables([table.slice(0, start), middle, table.slice(start + count)])


def with_close(row: Row, close: float) -> Row:
    """The row with another close; high and low reach as far as they must."""
    return row | {
        "close": close,
        "high": max(row["high"], close),
        "low": min(row["low"], close),
    }


def rounded(row: Row, decimals: int | None) -> Row:
    """The row with its prices rounded as those of the world are."""
    if decimals is None:
        return row
    return row | {name: round(row[name], decimals) for name in PRICES}


def joined(tables: Iterable[pa.Table]) -> pa.Table:
    """One table of all, also of none."""
    return pa.concat_tables([BAR_SCHEMA.empty_table(), *tables]).combine_chunks()
