"""The close in the range of its window: the stochastic oscillator (Lane) and Williams' %R."""

import numpy as np

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.indicator import Definition, Parameter, Params, Window
from market.indicators.kernels import ratio, rolling_high, rolling_low, rolling_mean


@compiled
def _place(bars: Floats, window: int, from_high: int) -> Floats:
    """Distance of the close from the low (or the high) over the range; NaN without a range."""
    high, low, close = np.empty(bars.shape[1]), np.empty(bars.shape[1]), bars[2]
    rolling_high(bars[0], window, high)
    rolling_low(bars[1], window, low)
    out = np.full(len(close), np.nan)
    for t in range(window - 1, len(close)):
        distance = high[t] - close[t] if from_high == 1 else close[t] - low[t]
        out[t] = 100.0 * ratio(distance, high[t] - low[t])
    return out


@compiled
def _stoch(params: Params, bars: Floats, rows: Floats) -> None:
    window, smooth, signal, n = int(params[0]), int(params[1]), int(params[2]), bars.shape[1]
    first, start = window + smooth - 2, window + smooth + signal - 3
    if n <= start:
        return
    raw, k = _place(bars, window, False), np.empty(n)  # noqa: FBT003 -- numba takes no keywords here
    rolling_mean(raw[window - 1 :], smooth, k[window - 1 :])
    rolling_mean(k[first:], signal, rows[1, first:])
    for t in range(start, n):
        rows[0, t] = k[t]


@compiled
def _willr(params: Params, bars: Floats, rows: Floats) -> None:
    out, window = rows[0], int(params[0])
    place = _place(bars, window, 1)
    for t in range(window - 1, len(out)):
        out[t] = -place[t]


_INPUTS = ("high", "low", "close")
_WINDOW = Parameter("window", default=14, low=2, high=1000)

STOCH = Definition(
    name="stoch",
    description="Stochastic oscillator, 0 to 100: place of the close in the range, smoothed twice",
    inputs=_INPUTS,
    columns=("k", "d"),
    degrees=(0, 0),
    parameters=(
        _WINDOW,
        Parameter("k", default=3, low=1, high=1000),
        Parameter("d", default=3, low=1, high=1000),
    ),
    mechanism=Window(lambda window, k, d: window + k + d - 2, _stoch),
)
WILLR = Definition(
    name="willr",
    description="Williams' %R, -100 to 0: distance of the close from the highest high",
    inputs=_INPUTS,
    columns=("willr",),
    degrees=(0,),
    parameters=(_WINDOW,),
    mechanism=Window(lambda window: window, _willr),
)
