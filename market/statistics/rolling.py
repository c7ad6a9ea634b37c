"""Any statistic over a window that ends at each session."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from market.arrays import Floats
from market.errors import BadParameter, DataNotFit


def rolling(
    measure: Callable[..., float], *series: ArrayLike, window: int, **options: Any
) -> Floats:
    """``measure`` of the ``window`` sessions up to and with each, shape (n,); NaN before there are so many.

    ``series`` are what the measure takes by position, of the same sessions (two Series of pandas are
    paired within each window by their dates); ``options`` go on to it:
    ``rolling(sharpe, returns, window=126, sessions_per_year=252)``,
    ``rolling(beta, returns, benchmark, window=252)``. No value reads a later session.
    """
    if window < 1:
        raise BadParameter(f"window={window}: expected at least 1 session", parameter="window")
    if not series or len({np.shape(each) for each in series}) != 1:
        raise DataNotFit("expected one series, or several of the same sessions")
    count = len(np.asarray(series[0]))
    values = np.full(count, np.nan)
    for end in range(window, count + 1):
        values[end - 1] = measure(*(_part(each, end - window, end) for each in series), **options)
    return values


def _part(series: Any, start: int, end: int) -> ArrayLike:
    """A Series keeps its dates."""
    part: ArrayLike = getattr(series, "iloc", series)[start:end]
    return part
