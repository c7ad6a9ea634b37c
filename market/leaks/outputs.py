"""What a function gave, as one array by column name, and how two outputs are compared."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from market.arrays import Floats
from market.errors import DataNotFit

Function = Callable[[pd.DataFrame], object]
"""Takes bars, one row each; gives a Series, a frame or an array with a row for each of them."""

TOLERANCE = 1e-12
"""Differences up to this share of the column's scale are rounding, unless they grow with the dose."""


@dataclass(frozen=True, eq=False)
class Output:
    """``rows`` (n, k) with the names of the k columns; NaN where there is no value."""

    names: tuple[str, ...]
    rows: Floats

    def ordered(self, names: tuple[str, ...]) -> Floats:
        """The columns of those names; NaN for a column that this output lacks."""
        if names == self.names:
            return self.rows
        place = {name: at for at, name in enumerate(self.names)}
        absent = np.full(len(self.rows), np.nan)
        picked = [self.rows[:, place[n]] if n in place else absent for n in names]
        return np.column_stack(picked)


def evaluate(function: Function, bars: pd.DataFrame) -> Output:
    """The output of a copy of the bars. Raises DataNotFit if it fails or is not aligned with them."""
    try:
        with np.errstate(all="ignore"):
            result = function(bars.copy())
    except (Exception, SystemExit) as exc:  # a user's function may raise anything
        raise DataNotFit(
            f"the function failed on {len(bars)} bars: {type(exc).__name__}: {exc}"
        ) from exc
    return read_output(result, bars, name=getattr(function, "__name__", "output"))


def read_output(result: object, bars: pd.DataFrame, *, name: str) -> Output:
    """What a function returned for these bars; ``name`` is for a column that has none."""
    if isinstance(result, np.ndarray) and result.ndim in {1, 2} and len(result) == len(bars):
        result = pd.DataFrame(result, index=bars.index)
        result.columns = [name] if result.shape[1] == 1 else list(map(str, result.columns))
    if isinstance(result, pd.Series):
        result = result.to_frame(name if result.name is None else result.name)
    if not isinstance(result, pd.DataFrame):
        raise DataNotFit(
            f"output not aligned: got {type(result).__name__}, expected a Series or DataFrame with "
            f"one row for each of the {len(bars)} bars"
        )
    _check_index(result, bars)
    if not result.shape[1]:
        raise DataNotFit("the output has no column")
    columns = [_numbers(result.iloc[:, at]) for at in range(result.shape[1])]
    return Output(tuple(map(str, result.columns)), np.column_stack(columns))


def _check_index(result: pd.DataFrame, bars: pd.DataFrame) -> None:
    if len(result) != len(bars):
        raise DataNotFit(f"output not aligned: {len(result)} rows for {len(bars)} bars")
    if not (result.index.equals(bars.index) or result.index.equals(pd.Index(bars["session"]))):
        raise DataNotFit(
            "output not aligned: its index is neither that of the bars nor the session"
        )


def _numbers(column: "pd.Series[Any]") -> Floats:
    try:
        numbers: Floats = column.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as exc:
        raise DataNotFit(f"output column {column.name!r} does not hold numbers") from exc
    return numbers


def scales(values: Floats) -> Floats:
    """Each value's scale (n, k): its column's median size, or its own where that is larger."""
    size = np.where(np.isfinite(values), np.abs(values), np.nan)
    usual = np.array([np.median(c[~np.isnan(c)]) if (~np.isnan(c)).any() else 0.0 for c in size.T])
    # fmax passes over NaN: what is missing takes the usual size of its column.
    largest: Floats = np.fmax(size, usual)
    return largest


def differences(base: Floats, other: Floats, scale: Floats) -> Floats:
    """Size of the change of each value in units of its scale (r, k).

    0 where nothing changed, missing values included; infinite where a value came or went.
    """
    same = (base == other) | (np.isnan(base) & np.isnan(other))
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        change = np.abs(base - other) / scale
    change[~np.isfinite(change)] = np.inf
    # Last: of two equal infinities the difference is no number, though nothing changed.
    change[same] = 0.0
    return change
