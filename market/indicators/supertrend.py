"""Supertrend (Seban): a trailing band of average true ranges that turns with the close."""

import numpy as np

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.indicator import Definition, Parameter, Params, Recursion, State
from market.indicators.kernels import true_ranges, wilder

# State: whether there was a bar and its close; the mean true range; then direction (0 before the
# first, 1 up, -1 down), the two bands, and the close that they stood against.
_RANGES, _MEAN, _SIDE, _UPPER, _LOWER, _CLOSE, _SIZE = 0, 2, 4, 5, 6, 7, 8


@compiled
def _supertrend(state: State, params: Params, bars: Floats, rows: Floats) -> None:
    """A band moves against the trend only once a close was beyond it. The first direction is up."""
    n = bars.shape[1]
    ranges, mean = np.empty(n), np.empty(n)
    first = true_ranges(state[_RANGES:_MEAN], bars, ranges)
    first = wilder(state[_MEAN:_SIDE], int(params[0]), ranges, first, mean)
    for t in range(first, n):
        middle, close = (bars[0, t] + bars[1, t]) / 2.0, bars[2, t]
        upper, lower = middle + params[1] * mean[t], middle - params[1] * mean[t]
        if state[_SIDE] == 0.0:
            state[_SIDE] = 1.0
        else:
            if state[_CLOSE] <= state[_UPPER]:
                upper = min(upper, state[_UPPER])
            if state[_CLOSE] >= state[_LOWER]:
                lower = max(lower, state[_LOWER])
            if state[_SIDE] > 0.0 and close < lower:
                state[_SIDE] = -1.0
            elif state[_SIDE] < 0.0 and close > upper:
                state[_SIDE] = 1.0
        state[_UPPER], state[_LOWER], state[_CLOSE] = upper, lower, close
        rows[0, t] = lower if state[_SIDE] > 0.0 else upper
        rows[1, t] = state[_SIDE]


SUPERTREND = Definition(
    name="supertrend",
    description="Trailing band of average true ranges, and its direction (1 up, -1 down)",
    inputs=("high", "low", "close"),
    columns=("band", "direction"),
    degrees=(1, 0),
    parameters=(
        Parameter("window", default=10, low=2, high=1000),
        Parameter("width", default=3.0, low=0.1, high=20, whole=False),
    ),
    mechanism=Recursion(lambda _w, _x: _SIZE, lambda window, _: window, _supertrend),
)
