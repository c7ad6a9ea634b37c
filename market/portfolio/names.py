"""Names of assets: those of a frame's columns go through an optimisation to its weights."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from market.arrays import Floats, floats
from market.errors import BadParameter, DataNotFit
from market.moments import present, varies
from market.portfolio.limits import Limits

if TYPE_CHECKING:
    import pandas as pd

_NAMED = ("low", "high", "groups", "previous")


def table_and_names(returns: ArrayLike) -> tuple[Floats, list[Any] | None]:
    """Returns (n, k) that vary, and the names of pandas' columns; None of what has none."""
    table = floats(returns, of="returns")
    if table.ndim != 2 or len(table) < 2:
        raise DataNotFit(f"expected finite returns (n, k), n at least 2, got {table.shape}")
    for column in table.T:
        present(column)  # for its checks
    if not np.isfinite(table).all():
        row = int(np.argmin(np.isfinite(table).all(axis=1)))
        raise DataNotFit(
            f"row {row} misses a return: expected finite returns (n, k), such as returns.dropna()"
        )
    columns = getattr(returns, "columns", None) if hasattr(returns, "iloc") else None
    names = None if columns is None else list(columns)
    if names is not None and not columns.is_unique:  # type: ignore[union-attr]  # names has columns
        twice = next(name for name in names if names.count(name) > 1)
        raise DataNotFit(f"two columns are called {twice!r}: give each asset a name of its own")
    if not (varied := varies(table)).all():
        column = int(np.argmin(varied))
        called = f"column {column}" if names is None else repr(names[column])
        raise DataNotFit(f"returns of {called} never vary, so they have no risk: leave it out")
    return table, names


def in_order(limits: Limits, names: list[Any] | None) -> Limits:
    """Limits whose Series stand in the order of the names; `BadParameter` for other names."""
    if names is None:
        return limits
    given = {name: getattr(limits, name) for name in _NAMED}
    ordered: dict[str, Any] = {
        name: _ordered(name, one, names) for name, one in given.items() if hasattr(one, "reindex")
    }
    return replace(limits, **ordered)


def _ordered(parameter: str, series: Any, names: list[Any]) -> Sequence[Any]:
    odd = set(names).symmetric_difference(series.index)
    if odd or not series.index.is_unique:
        shown = ", ".join(sorted(map(str, odd))[:3]) or "a name twice"
        raise BadParameter(
            f"{parameter} and returns differ in {shown}: expected one value for each column",
            parameter=parameter,
        )
    ordered: Sequence[Any] = series.reindex(names).tolist()
    return ordered


def series_of(weights: Floats, names: list[Any] | None) -> "Floats | pd.Series[float]":
    """Weights (k,) by name, or as they are without names."""
    if names is None:
        return weights
    import pandas as pd

    return pd.Series(weights, index=names, name="weight")


def frame_of(weights: Floats, names: list[Any] | None) -> "Floats | pd.DataFrame":
    """Weights (p, k) with a column for each name, or as they are without names."""
    if names is None:
        return weights
    import pandas as pd

    return pd.DataFrame(weights, columns=names)
