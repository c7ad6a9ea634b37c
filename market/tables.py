"""Columns of Arrow tables as numpy arrays, and rows by instrument: what checks of tables share."""

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from market.arrays import Days, Floats, Mask, RowNumbers, Stamps
from market.errors import DataNotFit


def require_columns(table: pa.Table, names: Iterable[str]) -> None:
    """Raises DataNotFit, naming them, where columns are missing; a missing value is a null."""
    if missing := [name for name in names if name not in table.column_names]:
        raise DataNotFit(
            f"the table has no column {', '.join(missing)}: expected it, null where not known"
        )


def numbers(table: pa.Table, name: str) -> Floats:
    """A numeric column, null as NaN."""
    values: Floats = table.column(name).to_numpy().astype(np.float64)
    return values


def stamps(table: pa.Table, name: str) -> Stamps:
    """A column of instants as datetime64[us] in UTC."""
    values: Stamps = table.column(name).to_numpy().astype("datetime64[us]")
    return values


def days(table: pa.Table, name: str) -> Days:
    """A column of dates as datetime64[D]."""
    values: Days = table.column(name).to_numpy().astype("datetime64[D]")
    return values


def instrument_codes(table: pa.Table) -> NDArray[np.int32]:
    """A number for each row: the same for rows of one instrument."""
    column = pc.dictionary_encode(table.column("instrument_id").combine_chunks())
    codes: NDArray[np.int32] = column.indices.fill_null(-1).to_numpy()
    return codes


def by_instrument(table: pa.Table, rows: RowNumbers) -> list[RowNumbers]:
    """The given rows, instrument by instrument, each in the order of the table."""
    if len(rows) == 0:
        return []
    codes = instrument_codes(table)[rows]
    order = np.argsort(codes, kind="stable")
    edges = np.flatnonzero(np.diff(codes[order])) + 1
    return np.split(rows[order], edges)


def marked(table: pa.Table, faults: dict[str, Mask], *, column: str) -> pa.Table:
    """The rows with at least one fault, with the faults' names in ``column``, joined by "; "."""
    chosen = np.logical_or.reduce(list(faults.values()))
    reasons = [
        "; ".join(name for name, mask in faults.items() if mask[row])
        for row in np.flatnonzero(chosen)
    ]
    return table.filter(pa.array(chosen)).append_column(column, pa.array(reasons, pa.string()))


def without(table: pa.Table, faults: dict[str, Mask]) -> pa.Table:
    """The rows without a fault."""
    return table.filter(pa.array(~np.logical_or.reduce(list(faults.values()))))
