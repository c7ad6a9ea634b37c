"""Names of assets: those of a frame's columns go through an optimisation to its weights."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from market import named
from market.arrays import Floats, floats
from market.errors import DataNotFit
from market.moments import present, varies
from market.named import Labels
from market.portfolio.limits import Limits
from market.portfolio.views import Views

_NAMED = ("low", "high", "groups", "previous")


def table_and_names(returns: ArrayLike) -> tuple[Floats, Labels]:
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
    names = named.columns_of(returns)
    if not (varied := varies(table)).all():
        column = int(np.argmin(varied))
        called = f"column {column}" if names is None else repr(names[column])
        raise DataNotFit(f"returns of {called} never vary, so they have no risk: leave it out")
    return table, names


def in_order(limits: Limits, names: Labels) -> Limits:
    """Limits whose Series and dicts stand in the order of the names; `BadParameter` for other names."""
    ordered: dict[str, Any] = {
        name: named.in_order(getattr(limits, name), names, parameter=name) for name in _NAMED
    }
    return replace(limits, **ordered)


def views_in_order(views: Views | None, names: Labels) -> Views | None:
    """Views whose frame has its columns in the order of the names, and whose means fit its rows."""
    if views is None or named.columns_of(views.picks) is None:
        return views
    picks: Any = views.picks
    means = named.in_order(views.means, picks.index, parameter="views", beside="picks")
    if names is not None:
        columns: Mapping[Any, Any] = {name: picks[name] for name in picks.columns}
        in_columns = named.in_order(columns, names, parameter="views")
        picks = np.column_stack(in_columns)
    return replace(views, picks=picks, means=means)
