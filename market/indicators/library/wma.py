"""Linearly weighted moving averages: the plain one and Hull's."""

import math

import numpy as np

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.core.indicator import Definition
from market.indicators.core.kernels import Params, Series, State, beside, blank
from market.indicators.core.mechanisms import Window
from market.indicators.core.sums import rolling_weighted
from market.parameters import Parameter


@compiled
def _wma(_state: State, params: Params, bars: Series, rows: Floats) -> None:
    close, window, out = bars[0], int(params[0]), rows[0]
    rolling_weighted(close, window, out)
    beside(out, close, params[0])


@compiled
def _hma(_state: State, params: Params, bars: Series, rows: Floats) -> None:
    window, close, out = int(params[0]), bars[0], rows[0]
    fast, slow = np.empty(len(close)), np.empty(len(close))
    rolling_weighted(close, window // 2, fast)
    rolling_weighted(close, window, slow)
    for t in range(len(close)):
        fast[t] = 2.0 * fast[t] - slow[t]
    blank(out, window - 1)
    if len(close) >= window:
        # numba has no isqrt, and of windows up to 1,000 the root cut off is the same.
        rolling_weighted(fast[window - 1 :], int(math.sqrt(window)), out[window - 1 :])
    beside(out, close, params[0])


WMA = Definition(
    name="wma",
    description="Moving average with weights 1 (oldest) to window (newest)",
    inputs=("close",),
    columns=("wma",),
    degrees=(1,),
    parameters=(Parameter("window", default=20, low=2, high=1000),),
    mechanism=Window(lambda window: window, _wma),
)
HMA = Definition(
    name="hma",
    description="Hull's moving average: WMA over sqrt(window) of 2 WMA(window/2) - WMA(window)",
    inputs=("close",),
    columns=("hma",),
    degrees=(1,),
    parameters=(Parameter("window", default=20, low=2, high=1000),),
    mechanism=Window(lambda window: window + math.isqrt(window) - 1, _hma),
)
