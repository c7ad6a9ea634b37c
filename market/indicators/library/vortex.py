"""Vortex indicator (Botes and Siepman 2010): movement up and down between bars, by true range."""

import numpy as np

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.core.indicator import Definition
from market.indicators.core.kernels import (
    Params,
    Series,
    State,
    blank,
    ratio,
    tied,
    true_range,
    whole,
)
from market.indicators.core.mechanisms import Window
from market.indicators.core.sums import rolling_sum
from market.parameters import Parameter


@compiled
def _vortex(_state: State, params: Params, bars: Series, rows: Floats) -> None:
    window, (highs, lows, before) = int(params[0]), bars  # before: seen from the bar after
    for row in range(2):
        blank(rows[row], 1)
    high, low, plus, minus = highs[1:], lows[1:], rows[0, 1:], rows[1, 1:]
    n = len(plus)
    up, down, reach, wide = np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    for t in range(n):
        up[t], down[t] = abs(high[t] - lows[t]), abs(low[t] - highs[t])
        reach[t] = true_range(high[t], low[t], before[t])
    rolling_sum(up, window, plus)
    rolling_sum(down, window, minus)
    rolling_sum(reach, window, wide)
    for t in range(n):
        # Ways that are equal stay so: which of the two is longer is what people look at.
        minus[t] = plus[t] if tied(plus[t], minus[t], window * high[t]) else minus[t]
        plus[t], minus[t] = whole(ratio(plus[t], wide[t])), whole(ratio(minus[t], wide[t]))


VORTEX = Definition(
    name="vortex",
    description="Vortex: ways from low to next high (plus), high to next low (minus), by true range",
    inputs=("high", "low", "close"),
    columns=("plus", "minus"),
    degrees=(0, 0),
    parameters=(Parameter("window", default=14, low=2, high=1000),),
    mechanism=Window(lambda window: window + 1, _vortex),
)
