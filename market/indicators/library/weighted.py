"""Means weighted by volume: of the close, and of the typical price (rolling VWAP)."""

import numpy as np

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.core.indicator import Definition
from market.indicators.core.kernels import Params, Series, State, mean_beside, ratio, typical
from market.indicators.core.mechanisms import Window
from market.indicators.core.sums import rolling_sum
from market.parameters import Parameter


@compiled
def _weighted(price: Floats, close: Floats, volume: Floats, window: int, out: Floats) -> None:
    money, total = np.empty(len(price)), np.empty(len(price))
    for t in range(len(price)):
        money[t] = price[t] * volume[t]
    rolling_sum(money, window, out)
    rolling_sum(volume, window, total)
    for t in range(len(price)):
        # NaN over a window in which nothing was traded.
        out[t] = mean_beside(ratio(out[t], total[t]), close[t], window)


@compiled
def _vwma(_state: State, params: Params, bars: Series, rows: Floats) -> None:
    (close, volume), window, out = bars, int(params[0]), rows[0]
    _weighted(close, close, volume, window, out)


@compiled
def _vwap(_state: State, params: Params, bars: Series, rows: Floats) -> None:
    volume, window, out = bars[3], int(params[0]), rows[0]
    _weighted(typical(bars), bars[2], volume, window, out)


VWMA = Definition(
    name="vwma",
    description="Mean of the close weighted by volume",
    inputs=("close", "volume"),
    columns=("vwma",),
    degrees=(1,),
    parameters=(Parameter("window", default=20, low=2, high=1000),),
    mechanism=Window(lambda window: window, _vwma),
)
VWAP = Definition(
    name="vwap",
    description="Rolling mean of the typical price weighted by volume (over bars, no session reset)",
    inputs=("high", "low", "close", "volume"),
    columns=("vwap",),
    degrees=(1,),
    parameters=(Parameter("window", default=20, low=2, high=1000),),
    mechanism=Window(lambda window: window, _vwap),
)
