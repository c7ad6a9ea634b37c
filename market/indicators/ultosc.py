"""Ultimate oscillator (Williams 1985): buying pressure over three windows."""

import numpy as np

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.indicator import Definition, Parameter, Params, Window
from market.indicators.kernels import ratio, rolling_sum


@compiled
def _ultosc(params: Params, bars: Floats, rows: Floats) -> None:
    high, low, close, longest = bars[0], bars[1], bars[2], int(params[2])
    n = len(close)
    if n <= longest:
        return
    pressure, reach = np.empty(n - 1), np.empty(n - 1)
    for t in range(1, n):
        floor, top = min(low[t], close[t - 1]), max(high[t], close[t - 1])
        pressure[t - 1], reach[t - 1] = close[t] - floor, top - floor
    total, up, wide = np.zeros(n), np.empty(n - 1), np.empty(n - 1)
    for place in range(3):
        rolling_sum(pressure, int(params[place]), up)
        rolling_sum(reach, int(params[place]), wide)
        weight = 4.0 / (1 << place)
        for t in range(longest, n):
            total[t] += weight * ratio(up[t - 1], wide[t - 1])
    for t in range(longest, n):
        rows[0, t] = 100.0 * (total[t] / 7.0)


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
