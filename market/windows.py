"""Trailing-window arithmetic of the features: each row is a pure function of the closes in its window.

Every kernel takes ``first``, the first row to compute, and gives rows ``first`` to the end. A row
whose window is not complete, or holds a missing close, is NaN. Because a window is summed from its
oldest to its newest row and never carried on, a row has the same bits however much came before it.
"""

import math

import numpy as np

from market.arrays import Floats
from market.compiled import compiled


@compiled
def log_ratio(over: float, under: float) -> float:
    """log(over / under); NaN unless both are positive."""
    if over > 0.0 and under > 0.0:
        return math.log(over / under)
    return math.nan


@compiled
def log_returns(close: Floats, window: int, first: int) -> Floats:
    """log(close[t] / close[t - window])."""
    out = np.full(len(close) - first, np.nan)
    for row in range(max(first, window), len(close)):
        out[row - first] = log_ratio(close[row], close[row - window])
    return out


@compiled
def realised_volatility(changes: Floats, window: int, first: int) -> Floats:
    """Root mean square of the last ``window`` one-session log returns, per session, mean zero."""
    out = np.full(len(changes) - first, np.nan)
    for row in range(max(first, window), len(changes)):
        total = 0.0
        for k in range(row - window + 1, row + 1):
            total += changes[k] * changes[k]
        out[row - first] = math.sqrt(total / window)
    return out


@compiled
def downside_volatility(changes: Floats, window: int, first: int) -> Floats:
    """As realised volatility, with gains counted as zero."""
    out = np.full(len(changes) - first, np.nan)
    for row in range(max(first, window), len(changes)):
        total = 0.0
        for k in range(row - window + 1, row + 1):
            if changes[k] < 0.0 or math.isnan(changes[k]):
                total += changes[k] * changes[k]
        out[row - first] = math.sqrt(total / window)
    return out


@compiled
def drawdown(close: Floats, window: int, first: int) -> Floats:
    """log(close / highest close of the last ``window`` rows), this row included; never above 0."""
    out = np.full(len(close) - first, np.nan)
    for row in range(max(first, window - 1), len(close)):
        high = close[row]
        for k in range(row - window + 1, row):
            if close[k] > high or math.isnan(close[k]):
                high = close[k]
            if math.isnan(high):
                break
        out[row - first] = log_ratio(close[row], high)
    return out


@compiled
def log_ratios(over: Floats, under: Floats) -> Floats:
    """``log_ratio`` of each pair."""
    out = np.empty(len(over))
    for row in range(len(over)):
        out[row] = log_ratio(over[row], under[row])
    return out


@compiled
def shares(parts: Floats, wholes: Floats) -> Floats:
    """Each part over its whole; NaN where the whole is not positive."""
    out = np.full(len(parts), np.nan)
    for row in range(len(parts)):
        if wholes[row] > 0.0:
            out[row] = parts[row] / wholes[row]
    return out


@compiled
def scaled_returns(moves: Floats, scale: Floats, horizon: int) -> Floats:
    """Each ``horizon``-session log return over the volatility known at its start."""
    out = np.full(len(moves), np.nan)
    for row in range(horizon, len(moves)):
        spread = scale[row - horizon] * math.sqrt(horizon)
        if spread > 0.0:
            out[row] = moves[row] / spread
    return out


@compiled
def _insert(ordered: Floats, count: int, value: float) -> None:
    at = np.searchsorted(ordered[:count], value)
    for k in range(count, at, -1):
        ordered[k] = ordered[k - 1]
    ordered[at] = value


@compiled
def _remove(ordered: Floats, count: int, value: float) -> None:
    at = np.searchsorted(ordered[:count], value)
    for k in range(at, count - 1):
        ordered[k] = ordered[k + 1]


@compiled
def order_statistic(values: Floats, window: int, low: int, high: int, first: int) -> Floats:
    """Mean of the ``low``-th and ``high``-th smallest (from 0) of the last ``window`` values.

    The median is low = (window - 1) // 2, high = window // 2.
    """
    out = np.full(len(values) - first, np.nan)
    ordered = np.empty(window + 1)
    count = 0
    for row in range(max(first - window + 1, 0), len(values)):
        if not math.isnan(values[row]):
            _insert(ordered, count, values[row])
            count += 1
        if row >= first and row >= window - 1 and count == window:
            out[row - first] = (ordered[low] + ordered[high]) / 2.0
        oldest = row - window + 1
        if oldest >= max(first - window + 1, 0) and not math.isnan(values[oldest]):
            _remove(ordered, count, values[oldest])
            count -= 1
    return out
