"""Feature sets over closes: each row is a function of a window of closes and of nothing before it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from market.arrays import Floats
from market.bars import Bars
from market.errors import BadParameter, DataNotFit
from market.features.declared import InstrumentSet
from market.features.operations import OPERATIONS, Closes


@dataclass(frozen=True)
class Column:
    """One feature: an operation of ``OPERATIONS`` and its integer arguments (sessions)."""

    name: str
    operation: str
    arguments: tuple[int, ...]
    description: str

    @property
    def needs(self) -> int:
        """How many closes one value reads."""
        return OPERATIONS[self.operation].needs(*self.arguments)


@dataclass(frozen=True)
class FeatureSet(InstrumentSet):
    """Named columns over closes. ``lookback`` is how many closes one complete row needs.

    All are causal (row t reads closes up to t), finite windows, and homogeneous of degree 0 in
    price: the same for a series and for a multiple of it, so that a series adjusted by a constant
    factor gives the same numbers (up to rounding).
    """

    name: str
    version: int
    lookback: int
    columns: tuple[Column, ...]
    kind: ClassVar[str] = "window"

    def __post_init__(self) -> None:
        super().__post_init__()
        longest = max(self.columns, key=lambda column: column.needs)
        if longest.needs > self.lookback:
            raise BadParameter(
                f"lookback={self.lookback}: column {longest.name!r} reads {longest.needs} closes",
                parameter="lookback",
            )

    def described(self) -> Sequence[Column]:
        return self.columns

    @property
    def anchor(self) -> str:
        return f"a window of {self.lookback} closes"

    @property
    def scale_free(self) -> bool:
        return True

    @property
    def inputs(self) -> tuple[str, ...]:
        return ("close",)

    def compute(self, close: Floats, *, first: int = 0) -> Floats:
        """Features of rows ``first`` to the end, shape (n - first, k); NaN until warm.

        A missing close (NaN) makes every row whose window holds it NaN.
        """
        close = checked_series("close", close)
        if not 0 <= first <= len(close):
            raise BadParameter(f"first={first}: expected 0 to {len(close)}", parameter="first")
        return over_closes(self.columns, close, first)

    def latest(self, close: Floats) -> Floats:
        """Features of the last close, shape (k,): the same bits as the last row of ``compute``."""
        tail = checked_series("close", close)[-self.lookback :]
        if len(tail) == 0:
            raise DataNotFit("no close to compute features from")
        row: Floats = self.compute(tail, first=len(tail) - 1)[0]
        return row

    def of_bars(self, bars: Bars, *, first: int = 0) -> Floats:
        return self.compute(bars.close, first=first)

    def _details(self) -> dict[str, Any]:
        return {"lookback": self.lookback, **super()._details()}


def over_closes(columns: Sequence[Column], close: Floats, first: int) -> Floats:
    """Values (n - first, k) of columns over closes (n,)."""
    closes = Closes(close, first)
    out = np.empty((len(close) - first, len(columns)))
    for at, column in enumerate(columns):
        out[:, at] = OPERATIONS[column.operation].compute(closes, *column.arguments)
    return out


def checked_series(name: str, values: Any) -> Floats:
    """The values as contiguous float64 of one dimension, or DataNotFit."""
    series = np.ascontiguousarray(values, dtype=np.float64)
    # ascontiguousarray makes one dimension of a single number: asked of what was given, too.
    if series.ndim != 1 or np.ndim(values) != 1:
        raise DataNotFit(f"{name}s have shape {np.shape(values)}: expected one dimension")
    return series
