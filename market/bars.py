"""Bars: the table schema that crosses process borders, and the arrays that the library works on."""

import hashlib
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from market.arrays import Days, Floats, Mask, Stamps, to_stamp
from market.errors import DataNotFit
from market.tables import require_columns

INSTANT = pa.timestamp("us", tz="UTC")
"""How every table stores an instant."""
PRICES = ("open", "high", "low", "close")

BAR_SCHEMA = pa.schema(
    [
        pa.field("instrument_id", pa.string(), nullable=False),
        pa.field("timestamp", INSTANT, nullable=False),  # the bar's open
        pa.field("session", pa.date32(), nullable=False),
        *(pa.field(name, pa.float64()) for name in (*PRICES, "volume")),
        pa.field("trade_count", pa.int64()),
        pa.field("vwap", pa.float64()),
        pa.field("available_at", INSTANT, nullable=False),  # when the market could know it
        pa.field("recorded_at", INSTANT, nullable=False),  # when the lake wrote this vintage
        pa.field("vintage", pa.string(), nullable=False),  # "recorded" or "backfilled"
    ]
)


@dataclass(frozen=True, eq=False)
class Bars:
    """Bars of one instrument in time order; every array has shape (n,).

    ``timestamp`` is the bar's open and ``available_at`` its end, datetime64[us] in UTC; ``session``
    is datetime64[D]. Prices and volume are float64, NaN where missing. A bar that arrived late is
    known after its successors: ``available_at`` need not rise. Raises DataNotFit for unequal
    lengths, and for a bar without its stamp, session or ``available_at``.
    """

    adjusted: ClassVar[bool] = False

    instrument_id: str
    timestamp: Stamps
    session: Days
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    available_at: Stamps

    def __post_init__(self) -> None:
        lengths = {name: len(getattr(self, name)) for name in _ARRAYS}
        if len(set(lengths.values())) > 1:
            raise DataNotFit(f"bars of {self.instrument_id} have unequal lengths: {lengths}")
        for name in ("timestamp", "session", "available_at"):
            missing = np.isnat(getattr(self, name))
            if missing.any():
                raise DataNotFit(
                    f"bar {int(np.argmax(missing))} of {self.instrument_id} has no {name}: "
                    "validate refuses such bars"
                )

    def __len__(self) -> int:
        return len(self.close)

    @property
    def close_only(self) -> bool:
        """True if no bar has an open, so that nothing can be filled at one."""
        return bool(np.isnan(self.open).all())

    def take(self, rows: slice | Mask) -> Self:
        """The bars at ``rows``: views of a slice, copies of a mask of shape (n,)."""
        return replace(self, **{name: getattr(self, name)[rows] for name in _ARRAYS})

    def until(self, as_of: datetime) -> Self:
        """The bars that were known at ``as_of`` (aware): available_at <= as_of, in time order.

        Views where those are the first ones, as they are unless a bar came late.
        """
        known = self.available_at <= to_stamp(as_of)
        count = int(np.count_nonzero(known))
        return self.take(slice(0, count) if known[:count].all() else known)

    def sha256(self) -> str:
        """The SHA-256 of all that they hold: equal bars have equal ones."""
        # The zero ends the id, which can't run on into the numbers.
        whole = hashlib.sha256(f"{self.instrument_id}\0".encode())
        for name in _ARRAYS:
            whole.update(np.ascontiguousarray(getattr(self, name)).tobytes())
        return whole.hexdigest()

    @classmethod
    def none(cls, instrument_id: str) -> Self:
        """No bars of an instrument."""
        return cls(instrument_id, **{name: np.empty(0, _UNITS.get(name, "f8")) for name in _ARRAYS})

    @classmethod
    def from_arrow(cls, table: pa.Table) -> Self:
        """Bars from a BAR_SCHEMA table that holds one instrument; rows are put in time order.

        Raises DataNotFit if the table is empty, mixes instruments or lacks a column.
        """
        require_columns(table, ("instrument_id", *_ARRAYS))
        ids = table.column("instrument_id").unique().to_pylist()
        if len(ids) != 1:
            raise DataNotFit(f"expected the bars of one instrument, got {len(ids)}: {ids[:3]}")
        ordered = table.sort_by("timestamp")
        return cls(ids[0], **{name: _column(ordered, name) for name in _ARRAYS})

    def to_arrow(self, *, recorded_at: datetime, vintage: str = "recorded") -> pa.Table:
        """A BAR_SCHEMA table; NaN becomes null, trade_count and vwap are null."""
        columns = {
            "instrument_id": pa.repeat(self.instrument_id, len(self)),
            **{name: pa.array(getattr(self, name), from_pandas=True) for name in _ARRAYS},
            "recorded_at": pa.repeat(pa.scalar(recorded_at, INSTANT), len(self)),
            "vintage": pa.repeat(vintage, len(self)),
        }
        return pa.table([_cast(columns.get(f.name), f, len(self)) for f in BAR_SCHEMA], BAR_SCHEMA)


_UNITS = {
    "timestamp": "datetime64[us]",
    "available_at": "datetime64[us]",
    "session": "datetime64[D]",
}
_ARRAYS = tuple(field.name for field in fields(Bars) if field.name != "instrument_id")


class AdjustedBars(Bars):
    """Bars scaled for actions: what their levels are depends on what came later."""

    adjusted: ClassVar[bool] = True


def as_adjusted(bars: Bars) -> AdjustedBars:
    """The same arrays, said to be scaled for actions."""
    return AdjustedBars(bars.instrument_id, **{name: getattr(bars, name) for name in _ARRAYS})


def _column(table: pa.Table, name: str) -> NDArray[Any]:
    """A column as numpy; a null number becomes NaN."""
    values = table.column(name).to_numpy()
    return np.ascontiguousarray(values, dtype=_UNITS.get(name, "f8"))


def _cast(values: pa.Array | None, field: pa.Field, count: int) -> pa.Array:
    if values is None:
        return pa.nulls(count, field.type)
    # A naive timestamp is read as UTC, which is what the arrays hold.
    return values.cast(field.type)
