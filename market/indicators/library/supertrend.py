"""Supertrend (Seban): a trailing band of average true ranges that turns with the close."""

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.core.indicator import Definition
from market.indicators.core.kernels import NAN, Params, Series, State, beyond
from market.indicators.core.mechanisms import Recursion
from market.indicators.library.atr import mean_ranges
from market.parameters import Parameter

# State: that of the mean true range; then direction (0 before the
# first, 1 up, -1 down), the two bands, and the close that they stood against.
_RANGES, _SIDE, _UPPER, _LOWER, _CLOSE, _SIZE = 0, 4, 5, 6, 7, 8


@compiled
def _supertrend(state: State, params: Params, bars: Series, rows: Floats) -> None:
    """A band moves against the trend only once a close was beyond it. The first direction is up."""
    (highs, lows, closes), window, width = bars, int(params[0]), params[1]
    reach, sides = rows[0], rows[1]
    mean_ranges(state[_RANGES:_SIDE], window, bars, reach)
    side, top, floor, last = state[_SIDE], state[_UPPER], state[_LOWER], state[_CLOSE]
    for t in range(len(reach)):
        if reach[t] != reach[t]:
            sides[t] = NAN
            continue
        middle, close = (highs[t] + lows[t]) / 2.0, closes[t]
        upper, lower = middle + width * reach[t], middle - width * reach[t]
        # Before the first band there is none to hold on to.
        if side != 0.0:
            upper = upper if beyond(last, top, top) else min(upper, top)
            lower = lower if beyond(floor, last, floor) else max(lower, floor)
        if side == 0.0 or (side < 0.0 and beyond(close, upper, upper)):
            side = 1.0
        elif side > 0.0 and beyond(lower, close, lower):
            side = -1.0
        top, floor, last = upper, lower, close
        reach[t], sides[t] = lower if side > 0.0 else upper, side
    state[_SIDE], state[_UPPER], state[_LOWER], state[_CLOSE] = side, top, floor, last


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
