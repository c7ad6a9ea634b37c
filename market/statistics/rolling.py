"""Any statistic over a window that ends at each session."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from market import named
from market.arrays import Floats
from market.errors import DataNotFit
from market.parameters import require_whole

if TYPE_CHECKING:
    import pandas as pd


def rolling(
    measure: Callable[..., float], *series: ArrayLike, window: int, **options: Any
) -> "Floats | pd.Series[float]":
    """``measure`` of the ``window`` sessions up to and with each, shape (n,); NaN before there are so many.

    ``series`` are what the measure takes by position, of the same sessions; Series of pandas are
    paired by their dates, and what comes of them is one with the dates of all. ``options`` go on:
    ``rolling(sharpe, returns, window=126, sessions_per_year=252)``,
    ``rolling(beta, returns, benchmark, window=252)``. No value reads a later session.
    """
    require_whole("window", window, least=1)
    given = named.paired(*series, of="the series")
    if not given or len({np.shape(side) for side in given}) != 1:
        raise DataNotFit("expected one series, or several of the same sessions")
    count = len(np.asarray(given[0]))
    values = np.full(count, np.nan)
    for end in range(window, count + 1):
        values[end - 1] = measure(*(_part(side, end - window, end) for side in given), **options)
    dates = named.first_of(*map(named.rows_of, given))
    return named.series(values, dates, name=getattr(measure, "__name__", None))


def _part(series: Any, start: int, end: int) -> ArrayLike:
    """A Series keeps its dates."""
    part: ArrayLike = getattr(series, "iloc", series)[start:end]
    return part
