"""Money flow over a window: the money flow index, and Chaikin's money flow."""

import numpy as np

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.indicator import Definition, Parameter, Params, Window
from market.indicators.kernels import ratio, rolling_sum, typical
from market.indicators.volume import money_flow


@compiled
def _mfi(params: Params, bars: Floats, rows: Floats) -> None:
    window, price, volume = int(params[0]), typical(bars), bars[3]
    n = len(price)
    if n <= window:
        return
    gain, loss, up, down = np.zeros(n - 1), np.zeros(n - 1), np.empty(n - 1), np.empty(n - 1)
    for t in range(1, n):
        if price[t] > price[t - 1]:
            gain[t - 1] = price[t] * volume[t]
        elif price[t] < price[t - 1]:
            loss[t - 1] = price[t] * volume[t]
    rolling_sum(gain, window, up)
    rolling_sum(loss, window, down)
    for t in range(window, n):
        rows[0, t] = 100.0 * ratio(up[t - 1], up[t - 1] + down[t - 1])


@compiled
def _cmf(params: Params, bars: Floats, rows: Floats) -> None:
    window, n, out = int(params[0]), bars.shape[1], rows[0]
    flow, total = np.empty(n), np.empty(n)
    for t in range(n):
        flow[t] = money_flow(bars[0, t], bars[1, t], bars[2, t], bars[3, t])
    rolling_sum(flow, window, out)
    rolling_sum(bars[3], window, total)
    for t in range(window - 1, n):
        out[t] = ratio(out[t], total[t])


_INPUTS = ("high", "low", "close", "volume")

MFI = Definition(
    name="mfi",
    description="Money flow index, 0 to 100: share of the money that flowed at rising prices",
    inputs=_INPUTS,
    columns=("mfi",),
    degrees=(0,),
    parameters=(Parameter("window", default=14, low=2, high=1000),),
    mechanism=Window(lambda window: window + 1, _mfi),
)
CMF = Definition(
    name="cmf",
    description="Chaikin's money flow, -1 to 1: volume times the close's place over volume",
    inputs=_INPUTS,
    columns=("cmf",),
    degrees=(0,),
    parameters=(Parameter("window", default=20, low=2, high=1000),),
    mechanism=Window(lambda window: window, _cmf),
)
