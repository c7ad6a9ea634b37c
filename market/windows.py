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
    squares = np.empty(len(changes))
    for row in range(len(changes)):
        squares[row] = changes[row] * changes[row]
    return _root_means(squares, window, first)


@compiled
def downside_volatility(changes: Floats, window: int, first: int) -> Floats:
    """As realised volatility, with gains counted as zero."""
    squares = np.empty(len(changes))
    for row in range(len(changes)):
        gain = changes[row] >= 0.0
        squares[row] = 0.0 if gain else changes[row] * changes[row]
    return _root_means(squares, window, first)


@compiled
def _root_means(squares: Floats, window: int, first: int) -> Floats:
    """Windows start at the second row, since the first has no change."""
    out = np.full(len(squares) - first, np.nan)
    start = max(first, window)
    if start >= len(squares):
        return out
    total = out[start - first :]
    _add_windows(squares[start - window + 1 :], window, total)
    for row in range(len(total)):
        total[row] = math.sqrt(total[row] / window)
    return out


@compiled
def _add_windows(values: Floats, window: int, total: Floats) -> None:
    """Row t becomes the sum of values t to t + window - 1, oldest first, all rows side by side."""
    count = len(total)
    total[:] = 0.0
    k = 0
    while k + 4 <= window:
        a, b, c, d = values[k:], values[k + 1 :], values[k + 2 :], values[k + 3 :]
        # In order, so that the bits are those of one value at a time, for any window.
        for t in range(count):
            total[t] = (((total[t] + a[t]) + b[t]) + c[t]) + d[t]
        k += 4
    while k < window:
        a = values[k:]
        for t in range(count):
            total[t] += a[t]
        k += 1


@compiled
def drawdown(close: Floats, window: int, first: int) -> Floats:
    """log(close / highest close of the last ``window`` rows), this row included; never above 0."""
    out = np.full(len(close) - first, np.nan)
    start = max(first, window - 1)
    if start < len(close):
        high = _highest(close[start - window + 1 :], window)
        for row in range(start, len(close)):
            out[row - first] = log_ratio(close[row], high[row - start])
    return out


@compiled
def _highest(values: Floats, window: int) -> Floats:
    """Highest of each whole window; spans of 1, 2, 4… rows, then two that overlap."""
    best = values.copy()
    span = 1
    while span * 2 <= window:
        for t in range(len(values) - 2 * span + 1):
            # In place: a row reads itself and one further on, which still has the shorter span.
            best[t] = _higher(best[t], best[t + span])
        span *= 2
    high = np.empty(len(values) - window + 1)
    for t in range(len(high)):
        high[t] = _higher(best[t], best[t + window - span])
    return high


@compiled
def _higher(one: float, other: float) -> float:
    """The higher of both; NaN if either is."""
    return one if one > other or math.isnan(one) else other


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
        # False for NaN as well.
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
    # Which of several equal values goes is all the same.
    at = np.searchsorted(ordered[:count], value)
    for k in range(at, count - 1):
        ordered[k] = ordered[k + 1]


@compiled
def _replace(ordered: Floats, count: int, old: float, new: float) -> None:
    """Takes one value out and puts one in: only what lies between them moves."""
    at = np.searchsorted(ordered[:count], old)
    to = np.searchsorted(ordered[:count], new)
    if to > at:
        # One place down: the old value, which stood below, is gone.
        to -= 1
        for k in range(at, to):
            ordered[k] = ordered[k + 1]
    else:
        for k in range(at, to, -1):
            ordered[k] = ordered[k - 1]
    ordered[to] = new


@compiled
def _settle(ordered: Floats, values: Floats) -> int:
    """Sorts the values that are there into ``ordered``, and says how many they are."""
    count = 0
    for value in values:
        if not math.isnan(value):
            ordered[count] = value
            count += 1
    ordered[:count].sort()
    return count


@compiled
def _advance(ordered: Floats, count: int, leaving: float, entering: float) -> int:
    """The window moves by one value; missing ones are not in ``ordered``."""
    if math.isnan(entering):
        if math.isnan(leaving):
            return count
        _remove(ordered, count, leaving)
        return count - 1
    if math.isnan(leaving):
        _insert(ordered, count, entering)
        return count + 1
    _replace(ordered, count, leaving, entering)
    return count


@compiled
def order_statistic(values: Floats, window: int, low: int, high: int, first: int) -> Floats:
    """Mean of the ``low``-th and ``high``-th smallest (from 0) of the last ``window`` values.

    The median is low = (window - 1) // 2, high = window // 2.
    """
    out = np.full(len(values) - first, np.nan)
    ordered = np.empty(window + 1)
    start, count = max(first - window + 1, 0), 0
    for row in range(max(first, window - 1), len(values)):
        # Sorted once; from then on one value leaves and one comes.
        if row == start + window - 1:
            count = _settle(ordered, values[start : row + 1])
        else:
            count = _advance(ordered, count, values[row - window], values[row])
        # Missing values are not in ``ordered``: a full one is a window that misses nothing.
        if count == window:
            out[row - first] = (ordered[low] + ordered[high]) / 2.0
    return out
