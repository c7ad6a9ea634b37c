"""Ultimate oscillator (Williams 1985): buying pressure over three windows."""

import numpy as np

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.core.drive import settle
from market.indicators.core.indicator import Definition
from market.indicators.core.kernels import Params, Series, State, blank, ratio, whole
from market.indicators.core.mechanisms import Window
from market.indicators.core.sums import rolling_sum
from market.parameters import Parameter


@compiled
def _ultosc(_state: State, params: Params, bars: Series, rows: Floats) -> None:
    highs, lows, before = bars  # before: each bar's, seen from the one after
    blank(rows[0], 1)
    high, low, close, out = highs[1:], lows[1:], before[1:], rows[0, 1:]
    n = len(out)
    pressure, reach, up, wide = np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    for t in range(n):
        floor, top = min(low[t], before[t]), max(high[t], before[t])
        pressure[t], reach[t], out[t] = close[t] - floor, top - floor, 0.0
    for place in range(3):
        rolling_sum(pressure, int(params[place]), up)
        rolling_sum(reach, int(params[place]), wide)
        weight = 4.0 / (1 << place)
        for t in range(n):
            out[t] += weight * ratio(up[t], wide[t])
    for t in range(n):
        out[t] = whole(100.0 * (out[t] / 7.0))
    settle(rows)  # infinities of both signs, where a close is outside of a tiny range


ULTOSC = Definition(
    name="ultosc",
    description="Ultimate oscillator, 0 to 100: buying pressure over true range, weights 4, 2, 1",
    inputs=("high", "low", "close"),
    columns=("ultosc",),
    degrees=(0,),
    parameters=(
        Parameter("short", default=7, low=1, high=1000),
        Parameter("medium", default=14, low=2, high=1000),
        Parameter("long", default=28, low=3, high=1000),
    ),
    mechanism=Window(lambda _s, _m, longest: longest + 1, _ultosc),
    rising=("short", "medium", "long"),
)
