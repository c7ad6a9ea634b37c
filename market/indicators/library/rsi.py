"""Relative strength index (Wilder 1978), and its place in its own range (Chande and Kroll 1994)."""

import numpy as np

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.core.drive import lengthen
from market.indicators.core.extremes import rolling_high, rolling_low
from market.indicators.core.indicator import Definition, Parameter
from market.indicators.core.kernels import NAN, Bars, Params, State, blank, faded, ratio, wilder
from market.indicators.core.mechanisms import Recursion
from market.indicators.core.over import quarters
from market.indicators.core.sums import rolling_mean

# State: closes seen (up to window + 1), the last close, and the gains and losses: their sums until
# warm, their smoothed means from then on.
_COUNT, _LAST, _GAIN, _LOSS = 0, 1, 2, 3


@compiled
def _compare(gains: Floats, losses: Floats, out: Floats) -> None:
    for t in range(len(out)):
        out[t] = 100.0 * ratio(gains[t], gains[t] + losses[t])


@compiled
def _index(state: State, params: Params, bars: Bars, rows: Floats) -> None:
    """Seeds with the mean of the first ``window`` changes, then smooths with 1 / window.

    While no price has moved at all gains and losses are both zero and the index is undefined: NaN
    (TA-Lib answers 0 there, which reads as the strongest of all falls).
    """
    window, pace, close, out = int(params[0]), 1.0 / params[0], bars[0], rows[0]
    losses = np.empty(len(close))
    seen, last, gain, loss = state[_COUNT], state[_LAST], state[_GAIN], state[_LOSS]
    for t in range(len(close)):
        change, last = close[t] - last, close[t]
        if seen > 0.0:
            _, gain = wilder(seen - 1.0, gain, (abs(change) + change) / 2.0, window, pace)
            _, loss = wilder(seen - 1.0, loss, (abs(change) - change) / 2.0, window, pace)
        seen = min(seen + 1.0, window + 1.0)
        out[t], losses[t] = gain if seen > window else NAN, loss
    _compare(out, losses, out)
    state[_COUNT], state[_LAST], state[_GAIN], state[_LOSS] = seen, last, gain, loss


Means = tuple[float, float, float]
"""The last close, the mean gain and the mean loss."""


@compiled
def _next(means: Means, close: float, pace: float, moves: Floats, t: int) -> Means:
    """The means after one more close of a series that is warm; writes both into column ``t``."""
    change = close - means[0]
    gain = faded(means[1], (abs(change) + change) / 2.0, pace)
    loss = faded(means[2], (abs(change) - change) / 2.0, pace)
    moves[0, t], moves[1, t] = gain, loss
    return close, gain, loss


@compiled
def _index_of_four(
    states: Floats, params: Params, fields: Bars, span: tuple[int, int], rows: Floats
) -> None:
    pace, n, head, s = 1.0 / params[0], rows.shape[2], span[1], states
    w, x, y, z = quarters(fields[0], span, n)
    a, b = (s[0, 1], s[0, 2], s[0, 3]), (s[1, 1], s[1, 2], s[1, 3])
    c, d = (s[2, 1], s[2, 2], s[2, 3]), (s[3, 1], s[3, 2], s[3, 3])
    moves = np.empty((4, 2, n - head))
    for t in range(n - head):
        a, b = _next(a, w[t], pace, moves[0], t), _next(b, x[t], pace, moves[1], t)
        c, d = _next(c, y[t], pace, moves[2], t), _next(d, z[t], pace, moves[3], t)
    for lane in range(4):
        _compare(moves[lane, 0], moves[lane, 1], rows[lane, 0, head:])


@compiled
def _stochrsi(state: State, params: Params, bars: Bars, rows: Floats) -> None:
    """The state of the index, then the last of its values; where it is undefined none is kept."""
    fast, smooth = int(params[1]), int(params[2])
    index = np.empty((1, len(bars[0])))
    _index(state[:4], params, bars, index)
    there = np.flatnonzero(~np.isnan(index[0]))
    held = int(state[4])
    values = lengthen(state[5:], held, index[0][there])
    n = len(values)
    state[4] = min(n, fast + smooth - 2)
    low, high, lines = np.empty(n), np.empty(n), np.empty((2, n))
    k, d = lines[0], lines[1]
    rolling_low(values, fast, low)
    rolling_high(values, fast, high)
    for t in range(n):
        k[t] = 100.0 * ratio(values[t] - low[t], high[t] - low[t])
    blank(d, fast - 1)
    if n >= fast:
        rolling_mean(k[fast - 1 :], smooth, d[fast - 1 :])
    blank(k, fast + smooth - 2)
    for c in range(2):
        blank(rows[c], rows.shape[1])
        for t in range(held, n):
            rows[c, there[t - held]] = lines[c, t]


_WINDOW = Parameter("window", default=14, low=2, high=1000)

RSI = Definition(
    name="rsi",
    description="Relative strength index with Wilder's smoothing, 0 to 100",
    inputs=("close",),
    columns=("rsi",),
    degrees=(0,),
    parameters=(_WINDOW,),
    mechanism=Recursion(lambda _: 4, lambda window: window, _index, _index_of_four),
)
STOCHRSI = Definition(
    name="stochrsi",
    description="Place of the RSI in its range over k bars (0 to 100), and its mean over d bars",
    inputs=("close",),
    columns=("k", "d"),
    degrees=(0, 0),
    parameters=(
        _WINDOW,
        Parameter("k", default=14, low=2, high=1000),
        Parameter("d", default=3, low=1, high=1000),
    ),
    mechanism=Recursion(
        lambda _w, k, d: 4 + 1 + k + d - 2, lambda window, k, d: window + k + d - 2, _stochrsi
    ),
)
