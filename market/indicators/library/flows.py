"""Money flow over a window: the money flow index, and Chaikin's money flow."""

import numpy as np

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.core.indicator import Definition
from market.indicators.core.kernels import Params, Series, State, blank, ratio, tied, typical, whole
from market.indicators.core.mechanisms import Window
from market.indicators.core.sums import rolling_sum
from market.indicators.library.volume import money_flows
from market.parameters import Parameter


@compiled
def _mfi(_state: State, params: Params, bars: Series, rows: Floats) -> None:
    window, price, volume = int(params[0]), typical(bars), bars[3]
    blank(rows[0], 1)  # the first price has none before it to be compared with
    later, traded, out = price[1:], volume[1:], rows[0, 1:]
    gain, loss, down = np.empty(len(out)), np.empty(len(out)), np.empty(len(out))
    for t in range(len(out)):
        # Of equal prices one may be larger by the last bit: no money flowed either way.
        money = 0.0 if tied(later[t], price[t], price[t]) else later[t] * traded[t]
        gain[t] = money if later[t] > price[t] else 0.0
        loss[t] = money if later[t] < price[t] else 0.0
    rolling_sum(gain, window, out)
    rolling_sum(loss, window, down)
    for t in range(len(out)):
        out[t] = whole(100.0 * ratio(out[t], out[t] + down[t]))


@compiled
def _cmf(_state: State, params: Params, bars: Series, rows: Floats) -> None:
    window, n, volume, out = int(params[0]), rows.shape[1], bars[3], rows[0]
    flow, total = np.empty(n), np.empty(n)
    money_flows(bars, flow)
    rolling_sum(flow, window, out)
    rolling_sum(volume, window, total)
    for t in range(n):
        out[t] = whole(ratio(out[t], total[t]))


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
