"""Keltner channel: bands of average true range about an exponential mean (Raschke's form)."""

import math

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.core.indicator import Definition, Parameter
from market.indicators.core.kernels import NAN, Bars, Params, State, smoothed
from market.indicators.core.mechanisms import Recursion
from market.indicators.library.atr import mean_ranges


@compiled
def _keltner(state: State, params: Params, bars: Bars, rows: Floats) -> None:
    """State: the mean, whether there was a bar and its close, the mean true range."""
    window, pace, close = int(params[0]), 2.0 / (params[0] + 1.0), bars[2]
    wide, upper, middle, lower = params[1], rows[0], rows[1], rows[2]
    mean_ranges(state[2:6], int(params[2]), bars, upper)
    seen, mean = state[0], state[1]
    for t in range(len(close)):
        seen, mean = smoothed(seen, mean, close[t], window, pace)
        width = wide * upper[t] if seen == window else NAN
        upper[t], lower[t] = mean + width, mean - width
        middle[t] = mean if not math.isnan(width) else NAN
    state[0], state[1] = seen, mean


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
