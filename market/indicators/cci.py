"""Commodity channel index (Lambert 1980): the typical price in mean absolute deviations."""

import numpy as np

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.indicator import Definition, Parameter, Params, Window
from market.indicators.kernels import ratio, rolling_mean, typical


@compiled
def _cci(params: Params, bars: Floats, rows: Floats) -> None:
    window, out, price = int(params[0]), rows[0], typical(bars)
    count = len(price) - window + 1
    if count <= 0:
        return
    mean, spread = np.empty(len(price)), np.zeros(count)
    rolling_mean(price, window, mean)
    middle = mean[window - 1 :]
    for k in range(window):
        part = price[k : k + count]
        for t in range(count):
            spread[t] += abs(part[t] - middle[t])
    for t in range(count):
        now = price[window - 1 + t]
        out[window - 1 + t] = ratio(now - middle[t], 0.015 * (spread[t] / window))


CCI = Definition(
    name="cci",
    description="Commodity channel index: (typical price - mean) / (0.015 mean absolute deviation)",
    inputs=("high", "low", "close"),
    columns=("cci",),
    degrees=(0,),
    parameters=(Parameter("window", default=20, low=2, high=1000),),
    mechanism=Window(lambda window: window, _cci),
)
