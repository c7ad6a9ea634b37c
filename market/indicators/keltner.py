"""Keltner channel: bands of average true range about an exponential mean (Raschke's form)."""

import numpy as np

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.indicator import Definition, Parameter, Params, Recursion, State
from market.indicators.kernels import ema, true_ranges, wilder


@compiled
def _keltner(state: State, params: Params, bars: Floats, rows: Floats) -> None:
    """State: the mean, whether there was a bar and its close, the mean true range."""
    n = bars.shape[1]
    mean, ranges, reach = np.empty(n), np.empty(n), np.empty(n)
    first = ema(state[0:2], int(params[0]), bars[2], 0, mean)
    start = true_ranges(state[2:4], bars, ranges)
    start = wilder(state[4:6], int(params[2]), ranges, start, reach)
    for t in range(max(first, start), n):
        width = params[1] * reach[t]
        rows[0, t], rows[1, t], rows[2, t] = mean[t] + width, mean[t], mean[t] - width


KELTNER = Definition(
    name="keltner",
    description="Keltner channel: EMA of the close plus and minus average true ranges",
    inputs=("high", "low", "close"),
    columns=("upper", "middle", "lower"),
    degrees=(1, 1, 1),
    parameters=(
        Parameter("window", default=20, low=2, high=1000),
        Parameter("width", default=2.0, low=0.1, high=10, whole=False),
        Parameter("range", default=10, low=2, high=1000),
    ),
    mechanism=Recursion(
        lambda _w, _x, _r: 6, lambda window, _, ranges: max(window - 1, ranges), _keltner
    ),
)
