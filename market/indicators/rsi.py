"""Relative strength index (Wilder 1978), and its place in its own range (Chande and Kroll 1994)."""

import numpy as np

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.drive import lengthen
from market.indicators.extremes import rolling_high, rolling_low
from market.indicators.indicator import Definition, Parameter
from market.indicators.kernels import NAN, Bars, Params, State, blank, ratio, wilder
from market.indicators.mechanisms import Recursion
from market.indicators.sums import rolling_mean

# State: closes seen (up to window + 1), the last close, and the gains and losses: their sums until
# warm, their smoothed means from then on.
_COUNT, _LAST, _GAIN, _LOSS = 0, 1, 2, 3


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
    for t in range(len(out)):
        out[t] = 100.0 * ratio(out[t], out[t] + losses[t])
    state[_COUNT], state[_LAST], state[_GAIN], state[_LOSS] = seen, last, gain, loss


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
    mechanism=Recursion(lambda _: 4, lambda window: window, _index),
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
