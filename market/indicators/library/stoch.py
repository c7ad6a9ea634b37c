"""The close in the range of its window: the stochastic oscillator (Lane) and Williams' %R."""

import numpy as np

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.core.drive import settle
from market.indicators.core.extremes import rolling_high, rolling_low
from market.indicators.core.indicator import Definition
from market.indicators.core.kernels import Params, Series, State, blank, ratio, whole, wholes
from market.indicators.core.mechanisms import Window
from market.indicators.core.sums import rolling_mean
from market.parameters import Parameter


@compiled
def _place(bars: Series, window: int, scale: float, out: Floats) -> None:
    """Distance of the close from the low over the range times ``scale``; NaN without a range.

    With a negative scale it is the distance from the high.
    """
    high, low, close = bars
    top, bottom = np.empty(len(close)), np.empty(len(close))
    rolling_high(high, window, top)
    rolling_low(low, window, bottom)
    for t in range(len(close)):
        distance = top[t] - close[t] if scale < 0.0 else close[t] - bottom[t]
        out[t] = whole(scale * ratio(distance, top[t] - bottom[t]))


@compiled
def _stoch(_state: State, params: Params, bars: Series, rows: Floats) -> None:
    window, smooth, signal = int(params[0]), int(params[1]), int(params[2])
    first, start, n = window + smooth - 2, window + smooth + signal - 3, rows.shape[1]
    raw, k, d = np.empty(n), rows[0], rows[1]
    _place(bars, window, 100.0, raw)
    if n > start:
        rolling_mean(raw[window - 1 :], smooth, k[window - 1 :])
        rolling_mean(k[first:], signal, d[first:])
    wholes(k)
    wholes(d)
    # Only now, after ``d`` has read them: a row has no value until all its columns have.
    blank(k, start)
    blank(d, start)
    settle(rows)  # infinities of both signs, where a close is outside of a tiny range


@compiled
def _willr(_state: State, params: Params, bars: Series, rows: Floats) -> None:
    window, out = int(params[0]), rows[0]
    _place(bars, window, -100.0, out)


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
