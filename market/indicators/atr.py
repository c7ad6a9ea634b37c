"""True range and its mean with Wilder's smoothing (1978), in price and in percent of the close."""

import numpy as np

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.indicator import Definition, Parameter, Params, Recursion, State, Window
from market.indicators.kernels import ratio, true_range, true_ranges, wilder


@compiled
def _trange(_params: Params, bars: Floats, rows: Floats) -> None:
    for t in range(1, bars.shape[1]):
        rows[0, t] = true_range(bars[0, t], bars[1, t], bars[2, t - 1])


@compiled
def _atr(state: State, params: Params, bars: Floats, rows: Floats) -> None:
    """State: whether there was a bar, its close, then the mean."""
    ranges = np.empty(bars.shape[1])
    first = true_ranges(state[0:2], bars, ranges)
    wilder(state[2:4], int(params[0]), ranges, first, rows[0])


@compiled
def _natr(state: State, params: Params, bars: Floats, rows: Floats) -> None:
    _atr(state, params, bars, rows)
    out, close = rows[0], bars[2]
    for t in range(len(out)):
        out[t] = 100.0 * ratio(out[t], close[t])


_INPUTS = ("high", "low", "close")
_WINDOW = (Parameter("window", default=14, low=2, high=1000),)

TRANGE = Definition(
    name="trange",
    description="True range: the bar's range, stretched to the close before",
    inputs=_INPUTS,
    columns=("trange",),
    degrees=(1,),
    parameters=(),
    mechanism=Window(lambda: 2, _trange),
)
ATR = Definition(
    name="atr",
    description="Average true range with Wilder's smoothing",
    inputs=_INPUTS,
    columns=("atr",),
    degrees=(1,),
    parameters=_WINDOW,
    mechanism=Recursion(lambda _: 4, lambda window: window, _atr),
)
NATR = Definition(
    name="natr",
    description="Average true range in percent of the close",
    inputs=_INPUTS,
    columns=("natr",),
    degrees=(0,),
    parameters=_WINDOW,
    mechanism=Recursion(lambda _: 4, lambda window: window, _natr),
)
