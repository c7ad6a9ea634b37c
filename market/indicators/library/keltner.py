"""Keltner channel: bands of average true range about an exponential mean (Raschke's form)."""

import math

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.core.indicator import Definition
from market.indicators.core.kernels import NAN, Params, Series, State, mean_beside, smoothed
from market.indicators.core.mechanisms import Recursion
from market.indicators.library.atr import mean_ranges
from market.parameters import Parameter

# State: closes seen (up to the window), their sum until warm and their mean from then on; then that
# of the mean true range.
_SEEN, _MEAN, _RANGES, _SIZE = 0, 1, 2, 6


@compiled
def _keltner(state: State, params: Params, bars: Series, rows: Floats) -> None:
    window, wide, ranges = int(params[0]), params[1], int(params[2])
    pace, close = 2.0 / (params[0] + 1.0), bars[2]
    upper, middle, lower = rows[0], rows[1], rows[2]
    mean_ranges(state[_RANGES:_SIZE], ranges, bars, upper)
    seen, mean = state[_SEEN], state[_MEAN]
    for t in range(len(close)):
        seen, mean = smoothed(seen, mean, close[t], window, pace)
        # ``upper`` holds the mean range so far, which is NaN until warm.
        width = wide * upper[t] if seen == window else NAN
        center = mean_beside(mean, close[t], params[0])
        upper[t], lower[t] = center + width, center - width
        middle[t] = center if not math.isnan(width) else NAN
    state[_SEEN], state[_MEAN] = seen, mean


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
        lambda _w, _x, _r: _SIZE, lambda window, _, ranges: max(window - 1, ranges), _keltner
    ),
)
