"""The smallest compiled parts of indicators: ratios, ranges, and a step of recursive means."""

import math

import numpy as np

from market.arrays import Floats
from market.compiled import compiled

State = Floats
"""All that an indicator remembers, (s,) float64: it can be stored and continued anywhere."""
Params = Floats
Series = tuple[Floats, ...]
"""A series (n,) for each input."""
NAN = math.nan
_EPS = float(np.finfo(np.float64).eps)
# Four prices that are each off by two roundings, half an _EPS, and what is lost between them.
_ROUNDING = 8.0 * _EPS
# Of numbers below 2 ** 51 this leaves the whole part, rounded, by two additions: these go side by
# side on every processor.
_WHOLE = 1.5 * 2.0**52
_NEAR_WHOLE = 1e-9


@compiled
def ratio(over: float, under: float) -> float:
    """Over / under; NaN where ``under`` is zero."""
    return over / under if under != 0.0 else NAN


@compiled
def tied(a: float, b: float, size: float) -> bool:
    """Whether two numbers, made of prices as large as ``size``, differ by their rounding alone.

    Prices in cents are no doubles: of two moves of a cent one is larger by the last bit.
    """
    return abs(a - b) <= _ROUNDING * abs(size)


@compiled
def apart(a: float, b: float, size: float) -> float:
    """A - b; 0 where they are ``tied``."""
    return 0.0 if tied(a, b, size) else a - b


@compiled
def beyond(a: float, b: float, size: float) -> bool:
    """Whether ``a`` is above ``b``, and not ``tied`` with it."""
    return a > b and not tied(a, b, size)


@compiled
def whole(x: float) -> float:
    """``x``, or the whole number from which it differs by rounding alone, as 29.999999999999996.

    An index is compared with 0, 30, 50 or 100: a price in cents must not decide by its last bit.
    """
    near = (x + _WHOLE) - _WHOLE
    return near if abs(x - near) < _NEAR_WHOLE else x


@compiled
def wholes(x: Floats) -> None:
    """``whole`` of each row."""
    for t in range(len(x)):
        x[t] = whole(x[t])


@compiled
def mean_beside(mean: float, x: float, window: float) -> float:
    """The mean of ``window`` prices; ``x`` where it differs from that by rounding alone.

    So a price that stands still is neither above nor below its mean. A mean of n values, summed one
    after the other, is off by n / 2 roundings at most; some more are those of weights and prices.
    """
    return x if abs(mean - x) <= (window + 32.0) * _EPS * abs(x) else mean


@compiled
def beside(means: Floats, x: Floats, window: float) -> None:
    """``mean_beside`` of each row."""
    for t in range(len(means)):
        means[t] = mean_beside(means[t], x[t], window)


@compiled
def blank(out: Floats, count: int) -> None:
    """NaN into the first ``count`` rows, or into all where there are fewer."""
    for t in range(min(count, len(out))):
        out[t] = NAN


@compiled
def _seeded(seen: float, total: float, x: float, window: int) -> tuple[float, float]:
    """Sums until there are ``window`` values, then their mean."""
    seen, total = seen + 1.0, total + x
    # The sum becomes the mean on the step that makes it warm, in the same number of the state.
    return seen, (total / window if seen == window else total)


@compiled
def toward(mean: float, x: float, pace: float) -> float:
    """An exponential mean after one more value; that of a constant stays as it is."""
    return mean + pace * (x - mean)


@compiled
def smoothed(seen: float, mean: float, x: float, window: int, pace: float) -> tuple[float, float]:
    """An exponential mean after one more value: (values seen, up to the window; the mean).

    Seeded with the mean of the first ``window`` values (until then ``mean`` is their sum).
    """
    if seen < window:
        return _seeded(seen, mean, x, window)
    return seen, toward(mean, x, pace)


@compiled
def faded(mean: float, x: float, pace: float) -> float:
    """As ``toward``, in the form whose steps depend least on one another."""
    # Of the mean before only a product and a sum wait; ``toward`` has a difference more.
    return mean * (1.0 - pace) + pace * x


@compiled
def wilder(seen: float, mean: float, x: float, window: int, pace: float) -> tuple[float, float]:
    """As ``smoothed`` with Wilder's pace 1 / window."""
    if seen < window:
        return _seeded(seen, mean, x, window)
    return seen, faded(mean, x, pace)


@compiled
def true_range(high: float, low: float, before: float) -> float:
    """The largest of high - low and the distances of both from the close before (Wilder 1978)."""
    widest, up, down = high - low, abs(high - before), abs(low - before)
    widest = max(widest, up)
    return max(widest, down)


@compiled
def typical(bars: Series) -> Floats:
    """(high + low + close) / 3 of bars that begin with these three."""
    high, low, close = bars[0], bars[1], bars[2]
    out = np.empty(len(close))
    for t in range(len(out)):
        out[t] = (high[t] + low[t] + close[t]) / 3.0
    return out
