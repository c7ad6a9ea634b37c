"""Highest and lowest values of windows, from spans of 1, 2, 4… bars and two that overlap."""

import numpy as np

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.core.kernels import blank


@compiled
def _highest(older: Floats, newer: Floats, size: int, out: Floats) -> None:
    for t in range(size):
        out[t] = max(older[t], newer[t])


@compiled
def rolling_high(x: Floats, window: int, out: Floats) -> None:
    """Highest of the last ``window`` values; NaN before the first."""
    n, count = len(x), len(x) - window + 1
    blank(out, window - 1)
    if count <= 0:
        return
    best, span, spare, turn = x, 1, np.empty((2, n)), 0
    while span * 2 <= window:
        _highest(best, best[span:], n - 2 * span + 1, spare[turn])
        best, turn, span = spare[turn], 1 - turn, 2 * span
    # A maximum may count a bar twice, so two spans that overlap make any window.
    _highest(best, best[window - span :], count, out[window - 1 :])


@compiled
def rolling_low(x: Floats, window: int, out: Floats) -> None:
    """Lowest of the last ``window`` values: the highest of their mirror image."""
    mirror = np.empty(len(x))
    for t in range(len(x)):
        mirror[t] = -x[t]
    rolling_high(mirror, window, out)
    for t in range(window - 1, len(x)):
        out[t] = -out[t]
