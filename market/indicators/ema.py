"""Exponential moving averages: one, two and three times smoothed (Mulloy 1994), and TRIX."""

import numpy as np

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.indicator import Definition, Parameter, Params, Recursion, State
from market.indicators.kernels import ema, ratio


@compiled
def _ema(state: State, params: Params, bars: Floats, rows: Floats) -> None:
    ema(state, int(params[0]), bars[0], 0, rows[0])


@compiled
def _dema(state: State, params: Params, bars: Floats, rows: Floats) -> None:
    window, out = int(params[0]), rows[0]
    one, two = np.empty(len(out)), np.empty(len(out))
    first = ema(state[0:2], window, bars[0], 0, one)
    first = ema(state[2:4], window, one, first, two)
    for t in range(first, len(out)):
        out[t] = 2.0 * one[t] - two[t]


@compiled
def _tema(state: State, params: Params, bars: Floats, rows: Floats) -> None:
    window, out = int(params[0]), rows[0]
    one, two, three = np.empty(len(out)), np.empty(len(out)), np.empty(len(out))
    first = ema(state[0:2], window, bars[0], 0, one)
    first = ema(state[2:4], window, one, first, two)
    first = ema(state[4:6], window, two, first, three)
    for t in range(first, len(out)):
        out[t] = 3.0 * one[t] - 3.0 * two[t] + three[t]


@compiled
def _trix(state: State, params: Params, bars: Floats, rows: Floats) -> None:
    """The state's last two numbers: whether there was a third mean, and the last one."""
    window, out = int(params[0]), rows[0]
    one, two, three = np.empty(len(out)), np.empty(len(out)), np.empty(len(out))
    first = ema(state[0:2], window, bars[0], 0, one)
    first = ema(state[2:4], window, one, first, two)
    first = ema(state[4:6], window, two, first, three)
    for t in range(first, len(out)):
        if state[6] > 0.0:
            out[t] = (ratio(three[t], state[7]) - 1.0) * 100.0
        state[6], state[7] = 1.0, three[t]


_WINDOW = (Parameter("window", default=20, low=2, high=1000),)

EMA = Definition(
    name="ema",
    description="Exponential moving average; seed: mean of the first closes, alpha 2/(window+1)",
    inputs=("close",),
    columns=("ema",),
    degrees=(1,),
    parameters=_WINDOW,
    mechanism=Recursion(lambda _: 2, lambda window: window - 1, _ema),
)
DEMA = Definition(
    name="dema",
    description="Double exponential moving average: 2 EMA - EMA of EMA",
    inputs=("close",),
    columns=("dema",),
    degrees=(1,),
    parameters=_WINDOW,
    mechanism=Recursion(lambda _: 4, lambda window: 2 * (window - 1), _dema),
)
TEMA = Definition(
    name="tema",
    description="Triple exponential moving average: 3 EMA - 3 EMA of EMA + EMA of EMA of EMA",
    inputs=("close",),
    columns=("tema",),
    degrees=(1,),
    parameters=_WINDOW,
    mechanism=Recursion(lambda _: 6, lambda window: 3 * (window - 1), _tema),
)
TRIX = Definition(
    name="trix",
    description="Change of the three times smoothed close over one bar, in percent",
    inputs=("close",),
    columns=("trix",),
    degrees=(0,),
    parameters=(Parameter("window", default=15, low=2, high=1000),),
    mechanism=Recursion(lambda _: 8, lambda window: 3 * (window - 1) + 1, _trix),
)
