"""Relative strength index (Wilder 1978), and its place in its own range (Chande and Kroll 1994)."""

import numpy as np

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.indicator import Definition, Parameter, Params, Recursion, State
from market.indicators.kernels import join, ratio, rolling_high, rolling_low, rolling_mean

# State: closes seen (up to window + 1), the last close, and the gains and losses: their sums until
# warm, their smoothed means from then on.
_COUNT, _LAST, _GAIN, _LOSS = 0, 1, 2, 3


@compiled
def rsi(state: State, window: int, close: Floats, out: Floats) -> None:
    """Seeds with the mean of the first ``window`` changes, then smooths with 1 / window.

    While no price has moved at all gains and losses are both zero and the index is undefined: NaN
    (TA-Lib answers 0 there, which reads as the strongest of all falls).
    """
    seen, last, gain, loss = int(state[_COUNT]), state[_LAST], state[_GAIN], state[_LOSS]
    for t in range(len(close)):
        change = close[t] - last
        last = close[t]
        up = max(0.0, change)
        down = -change if change < 0.0 else 0.0
        if seen > window:
            gain = (gain * (window - 1) + up) / window
            loss = (loss * (window - 1) + down) / window
        else:
            seen += 1
            if seen == 1:
                continue
            gain += up
            loss += down
            if seen <= window:
                continue
            gain /= window
            loss /= window
        moved = gain + loss
        if moved > 0.0:
            out[t] = 100.0 * (gain / moved)
    state[_COUNT], state[_LAST], state[_GAIN], state[_LOSS] = seen, last, gain, loss


@compiled
def _rsi(state: State, params: Params, bars: Floats, rows: Floats) -> None:
    rsi(state, int(params[0]), bars[0], rows[0])


@compiled
def _stochrsi(state: State, params: Params, bars: Floats, rows: Floats) -> None:
    """The state of the index, then the last of its values; where it is undefined none is kept."""
    fast, smooth = int(params[1]), int(params[2])
    index = np.full(bars.shape[1], np.nan)
    rsi(state[:4], int(params[0]), bars[0], index)
    there = np.flatnonzero(~np.isnan(index))
    joined, held = join(state[4:], index[there].reshape(1, -1), fast + smooth - 2)
    values = joined[0]
    low, high, k = np.empty(len(values)), np.empty(len(values)), np.full(len(values), np.nan)
    rolling_low(values, fast, low)
    rolling_high(values, fast, high)
    for t in range(fast - 1, len(values)):
        k[t] = 100.0 * ratio(values[t] - low[t], high[t] - low[t])
    d = np.full(len(values), np.nan)
    if len(values) >= fast:
        rolling_mean(k[fast - 1 :], smooth, d[fast - 1 :])
    for place in range(len(there)):
        t = held + place
        if t >= fast + smooth - 2:
            rows[0, there[place]], rows[1, there[place]] = k[t], d[t]


_WINDOW = Parameter("window", default=14, low=2, high=1000)

RSI = Definition(
    name="rsi",
    description="Relative strength index with Wilder's smoothing, 0 to 100",
    inputs=("close",),
    columns=("rsi",),
    degrees=(0,),
    parameters=(_WINDOW,),
    mechanism=Recursion(lambda _: 4, lambda window: window, _rsi),
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
