"""Commodity channel index (Lambert 1980): the typical price in mean absolute deviations."""

import numpy as np

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.core.indicator import Definition
from market.indicators.core.kernels import NAN, Params, Series, State, ratio, typical, whole
from market.indicators.core.mechanisms import Window
from market.indicators.core.sums import ROUNDING, rolling_mean
from market.parameters import Parameter


@compiled
def _cci(_state: State, params: Params, bars: Series, rows: Floats) -> None:
    window, out, price = int(params[0]), rows[0], typical(bars)
    count = len(price) - window + 1
    rolling_mean(price, window, out)
    if count <= 0:
        return
    value, now, spread = out[window - 1 :], price[window - 1 :], np.zeros(count)
    for k in range(window):
        part = price[k : k + count]
        for t in range(count):
            spread[t] += abs(part[t] - value[t])
    for t in range(count):
        mean, apart = value[t], spread[t] / window
        # Equal prices may have a mean a rounding away from them.
        still = apart <= ROUNDING * abs(mean)
        # 0.015 is Lambert's, so that most values lie between -100 and 100.
        value[t] = NAN if still else whole(ratio(now[t] - mean, 0.015 * apart))


CCI = Definition(
    name="cci",
    description="Commodity channel index: (typical price - mean) / (0.015 mean absolute deviation)",
    inputs=("high", "low", "close"),
    columns=("cci",),
    degrees=(0,),
    parameters=(Parameter("window", default=20, low=2, high=1000),),
    mechanism=Window(lambda window: window, _cci),
)
