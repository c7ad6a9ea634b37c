"""The compiled parts that indicators are built from: sums and extremes of windows, recursive means.

All take series without a missing value: the driver in ``indicator.py`` takes those out. A window is
summed from its oldest to its newest bar, for all bars side by side, so that each value has the same
bits wherever its series begins.
"""

import math

import numpy as np

from market.arrays import Floats
from market.compiled import compiled

NAN = math.nan


@compiled
def ratio(over: float, under: float) -> float:
    """Over / under; NaN where ``under`` is zero."""
    return over / under if under != 0.0 else NAN


@compiled
def rolling_sum(x: Floats, window: int, out: Floats) -> None:
    """Sums of the last ``window`` values into ``out``; the rows before the first are left alone."""
    count = len(x) - window + 1
    if count <= 0:
        return
    total, first = out[window - 1 :], x[:count]
    for t in range(count):
        total[t] = first[t]
    k = 1
    while k + 4 <= window:
        a, b, c, d = x[k : k + count], x[k + 1 :], x[k + 2 :], x[k + 3 :]
        for t in range(count):
            total[t] = (((total[t] + a[t]) + b[t]) + c[t]) + d[t]
        k += 4
    while k < window:
        a = x[k : k + count]
        for t in range(count):
            total[t] += a[t]
        k += 1


@compiled
def rolling_mean(x: Floats, window: int, out: Floats) -> None:
    """Means of the last ``window`` values, as ``rolling_sum``."""
    rolling_sum(x, window, out)
    for t in range(window - 1, len(x)):
        out[t] /= window


@compiled
def rolling_weighted(x: Floats, window: int, out: Floats) -> None:
    """Means with the weights 1 (oldest) to ``window`` (newest), as ``rolling_sum``."""
    count = len(x) - window + 1
    if count <= 0:
        return
    total = out[window - 1 :]
    total[:] = 0.0
    for k in range(window):
        part = x[k : k + count]
        for t in range(count):
            total[t] += (k + 1.0) * part[t]
    for t in range(count):
        total[t] /= window * (window + 1.0) / 2.0


@compiled
def rolling_deviation(x: Floats, window: int, mean: Floats, out: Floats) -> None:
    """Population standard deviations about the means, which the caller has computed."""
    count = len(x) - window + 1
    if count <= 0:
        return
    total, middle = out[window - 1 :], mean[window - 1 :]
    total[:] = 0.0
    for k in range(window):
        part = x[k : k + count]
        for t in range(count):
            total[t] += (part[t] - middle[t]) * (part[t] - middle[t])
    for t in range(count):
        total[t] = math.sqrt(total[t] / window)


@compiled
def rolling_high(x: Floats, window: int, out: Floats) -> None:
    """Highest of the last ``window`` values: spans of 1, 2, 4… bars, then two that overlap."""
    count = len(x) - window + 1
    if count <= 0:
        return
    span, best = 1, x.copy()
    while span * 2 <= window:
        size = len(x) - 2 * span + 1
        later = best[span:]
        for t in range(size):
            best[t] = max(best[t], later[t])
        span *= 2
    high, later = out[window - 1 :], best[window - span :]
    for t in range(count):
        high[t] = max(best[t], later[t])


@compiled
def rolling_low(x: Floats, window: int, out: Floats) -> None:
    """Lowest of the last ``window`` values, as ``rolling_high``."""
    count = len(x) - window + 1
    if count <= 0:
        return
    span, best = 1, x.copy()
    while span * 2 <= window:
        size = len(x) - 2 * span + 1
        later = best[span:]
        for t in range(size):
            best[t] = min(best[t], later[t])
        span *= 2
    low, later = out[window - 1 :], best[window - span :]
    for t in range(count):
        low[t] = min(best[t], later[t])


@compiled
def ema(state: Floats, window: int, x: Floats, first: int, out: Floats) -> int:
    """Exponential means of ``x[first:]``; gives the first row that has one.

    Seed: the mean of the first ``window`` values; then += 2 / (window + 1) * (x - mean). The state
    is (values seen, up to the window; their sum until warm, the mean from then on).
    """
    seen, value, k, n = int(state[0]), state[1], first, len(x)
    start = first
    if seen < window:
        while seen < window and k < n:
            seen += 1
            value += x[k]
            k += 1
        start = n
        if seen == window:
            value /= window
            start = k - 1
            out[start] = value
    alpha = 2.0 / (window + 1)
    for t in range(k, n):
        value += alpha * (x[t] - value)
        out[t] = value
    state[0], state[1] = seen, value
    return start


@compiled
def wilder(state: Floats, window: int, x: Floats, first: int, out: Floats) -> int:
    """As ``ema`` with Wilder's smoothing: (mean * (window - 1) + x) / window."""
    seen, value, k, n = int(state[0]), state[1], first, len(x)
    start = first
    if seen < window:
        while seen < window and k < n:
            seen += 1
            value += x[k]
            k += 1
        start = n
        if seen == window:
            value /= window
            start = k - 1
            out[start] = value
    for t in range(k, n):
        value = (value * (window - 1) + x[t]) / window
        out[t] = value
    state[0], state[1] = seen, value
    return start


@compiled
def true_range(high: float, low: float, before: float) -> float:
    """The largest of high - low and the distances of both from the close before (Wilder 1978)."""
    widest = high - low
    up, down = abs(high - before), abs(low - before)
    widest = max(widest, up)
    return max(widest, down)


@compiled
def true_ranges(state: Floats, bars: Floats, out: Floats) -> int:
    """True ranges of (high, low, close); the instrument's first bar has none.

    The state is (whether a bar was seen, its close). Gives the first row with a true range.
    """
    high, low, close = bars[0], bars[1], bars[2]
    n = len(close)
    if n == 0:
        return 0
    start = 0 if state[0] > 0.0 else 1
    if start == 0:
        out[0] = true_range(high[0], low[0], state[1])
    for t in range(1, n):
        out[t] = true_range(high[t], low[t], close[t - 1])
    state[0], state[1] = 1.0, close[n - 1]
    return start


@compiled
def typical(bars: Floats) -> Floats:
    """(high + low + close) / 3 of bars that begin with these three."""
    high, low, close = bars[0], bars[1], bars[2]
    out = np.empty(len(close))
    for t in range(len(out)):
        out[t] = (high[t] + low[t] + close[t]) / 3.0
    return out


@compiled
def join(state: Floats, bars: Floats, keep: int) -> tuple[Floats, int]:
    """The bars held in the state and then ``bars`` (k, n), and how many were held.

    Afterwards the state holds the last ``keep`` of them: (count, then each row's values).
    """
    rows, n = bars.shape
    held = int(state[0])
    joined = np.empty((rows, held + n))
    left = min(held + n, keep)
    for r in range(rows):
        joined[r, :held] = state[1 + r * keep : 1 + r * keep + held]
        joined[r, held:] = bars[r]
        state[1 + r * keep : 1 + r * keep + left] = joined[r, held + n - left :]
    state[0] = left
    return joined, held


@compiled
def settle(rows: Floats) -> None:
    """One pattern of bits for every NaN, whatever the processor's own is."""
    for r in range(rows.shape[0]):
        row = rows[r]
        for t in range(len(row)):
            row[t] = row[t] if row[t] == row[t] else NAN
