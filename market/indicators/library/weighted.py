"""Means weighted by volume: of the close, and of the typical price (rolling VWAP)."""

import numpy as np

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.core.indicator import Definition, Parameter
from market.indicators.core.kernels import Bars, Params, State, ratio, typical
from market.indicators.core.mechanisms import Window
from market.indicators.core.sums import rolling_sum


@compiled
def _weighted(price: Floats, volume: Floats, window: int, out: Floats) -> None:
    money, total = np.empty(len(price)), np.empty(len(price))
    for t in range(len(price)):
        money[t] = price[t] * volume[t]
    rolling_sum(money, window, out)
    rolling_sum(volume, window, total)
    for t in range(len(price)):
        out[t] = ratio(out[t], total[t])


@compiled
def _vwma(_state: State, params: Params, bars: Bars, rows: Floats) -> None:
    _weighted(bars[0], bars[1], int(params[0]), rows[0])


@compiled
def _vwap(_state: State, params: Params, bars: Bars, rows: Floats) -> None:
    _weighted(typical(bars), bars[3], int(params[0]), rows[0])


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
