"""Sums over windows, and what is made of them, put together by doubling.

Sums over 1, 2, 4… bars are made for all bars side by side, each from two neighbours of half its
span; those whose spans add up to the window are joined, the shorter on the older side. So a value
has the same bits wherever its series begins, costs about 2 log2(window) additions, and is nearer to
the exact sum than one that was added bar by bar.
"""

import math

import numpy as np

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.core.kernels import blank

ROUNDING = 1.8e-15
"""Values that lie no further from their mean than this share of it never varied (8 ulp)."""
Span = tuple[int, Floats, Floats]
"""Its bars, then its sums and its tilts, by the first bar."""


@compiled
def _copy(x: Floats, out: Floats) -> None:
    for t in range(len(out)):
        out[t] = x[t]


@compiled
def _add(older: Floats, newer: Floats, size: int, out: Floats) -> None:
    for t in range(size):
        out[t] = older[t] + newer[t]


@compiled
def rolling_sum(x: Floats, window: int, out: Floats) -> None:
    """Sums of the last ``window`` values; NaN before the first."""
    n, count = len(x), len(x) - window + 1
    blank(out, window - 1)
    if count <= 0:
        return
    total, sums, span, part, taken = out[window - 1 :], x, 1, x, window & 1
    while 2 * span <= window:
        # New memory for each span: ``part`` may still be the sums of the one before.
        pairs = np.empty(n)
        _add(sums, sums[span:], n - 2 * span + 1, pairs)
        sums, span = pairs, 2 * span
        if window & span and taken > 0:
            # ``part`` may be ``total`` itself: a row is added to in its own place alone.
            _add(part, sums[taken:], count, total)
            part = total
        elif window & span:
            part = sums
        taken += window & span
    # One span is the whole window, so that nothing was added into ``total``.
    if span == window:
        _copy(part, total)


@compiled
def rolling_mean(x: Floats, window: int, out: Floats) -> None:
    """Means of the last ``window`` values, as ``rolling_sum``."""
    rolling_sum(x, window, out)
    for t in range(len(x)):
        out[t] /= window


@compiled
def _square(x: float, mean: float) -> float:
    return (x - mean) * (x - mean)


@compiled
def rolling_deviation(x: Floats, window: int, mean: Floats, out: Floats) -> None:
    """Population standard deviations about ``mean``, which are means as of ``rolling_mean``.

    Each window is gone through: sums of squares joined by doubling lose digits at high prices.
    0 for values that never varied, whose mean may be a rounding away from them.
    """
    blank(out, window - 1)
    count, share = max(len(x) - window + 1, 0), 1.0 / window
    total, m = out[len(x) - count :], mean[len(x) - count :]
    for t in range(count):
        total[t] = 0.0
    # Four bars at a time: ``total`` is read and written a quarter as often.
    for k in range(0, window - 3, 4):
        a, b, c, d = x[k:], x[k + 1 :], x[k + 2 :], x[k + 3 :]
        for t in range(count):
            two = _square(a[t], m[t]) + _square(b[t], m[t])
            total[t] += two + (_square(c[t], m[t]) + _square(d[t], m[t]))
    for k in range(window - window % 4, window):
        a = x[k:]
        for t in range(count):
            total[t] += _square(a[t], m[t])
    for t in range(count):
        spread = math.sqrt(share * total[t])
        total[t] = 0.0 if spread < ROUNDING * abs(m[t]) else spread


@compiled
def _tilt(older: Span, newer: Span, out: Span) -> None:
    """Sums and tilts of spans of which the one ends where the other begins, as of one span."""
    (held, first, a), (more, second, b), (_, total, tilt) = older, newer, out
    count = len(total) - held - more + 1
    sums, later = second[held:], b[held:]
    for t in range(count):
        tilt[t] = (a[t] + later[t]) + 0.5 * (held * sums[t] - more * first[t])
    _add(first, sums, count, total)


@compiled
def rolling_tilt(x: Floats, window: int) -> tuple[Floats, Floats]:
    """Sums of windows and their tilts, by the window's first bar; valid up to n - ``window``.

    The tilt is the sum of the values times their distance in bars from the window's middle. That of
    two neighbours needs their tilts and the distance of their means, so no large terms cancel.
    """
    n, taken, bars = len(x), window & 1, 1
    span = part = (bars, x, np.zeros(n))
    while 2 * bars <= window:
        bars = 2 * bars
        pair = (bars, np.empty(n), np.empty(n))
        _tilt(span, span, pair)
        span = pair
        if window & bars and taken > 0:
            both = (taken + bars, np.empty(n), np.empty(n))
            _tilt(part, span, both)
            part = both
        elif window & bars:
            part = span
        taken += window & bars
    _, total, tilt = part
    return total, tilt


@compiled
def rolling_weighted(x: Floats, window: int, out: Floats) -> None:
    """Means with the weights 1 (oldest) to ``window`` (newest), as ``rolling_sum``."""
    total, tilt = rolling_tilt(x, window)
    # Weights 1 to window are the middle one, (window + 1) / 2, and the distance from the middle,
    # which is what the tilt sums.
    share = 2.0 / (window * (window + 1.0))
    blank(out, window - 1)
    value = out[window - 1 :]
    for t in range(len(value)):
        value[t] = total[t] / window + share * tilt[t]
