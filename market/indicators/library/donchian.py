"""Channels of highs and lows: Donchian's, and the causal lines of Ichimoku's (Hosoda 1969)."""

import numpy as np

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.core.extremes import rolling_high, rolling_low
from market.indicators.core.indicator import Definition
from market.indicators.core.kernels import Params, Series, State, blank
from market.indicators.core.mechanisms import Window
from market.parameters import Parameter

_MIDDLE = 1  # the row of a channel that lies between its bounds
# Ichimoku's last two parameters; those up to span are windows of channels.
_SPAN, _SHIFT = 2, 3


@compiled
def _channel(bars: Series, window: int, rows: Floats) -> None:
    """Highest high, the middle, lowest low."""
    (high, low), upper, middle, lower = bars, rows[0], rows[1], rows[2]
    rolling_high(high, window, upper)
    rolling_low(low, window, lower)
    for t in range(len(middle)):
        middle[t] = (upper[t] + lower[t]) / 2.0


@compiled
def _donchian(_state: State, params: Params, bars: Series, rows: Floats) -> None:
    _channel(bars, int(params[0]), rows)


@compiled
def _ichimoku(_state: State, params: Params, bars: Series, rows: Floats) -> None:
    """The spans as drawn at each bar: computed ``shift`` bars before.

    The lagging line is the close drawn in the past; at its own bar it says nothing new, so it is
    left out.
    """
    shift, n = int(params[_SHIFT]), rows.shape[1]
    conversion, base, span_a, span_b = rows[0], rows[1], rows[2], rows[3]
    lines = np.empty((3, 3, n))
    for place in range(3):
        _channel(bars, int(params[place]), lines[place])
    fast, slow, span = lines[0, _MIDDLE], lines[1, _MIDDLE], lines[2, _MIDDLE]
    # The span is the longest of the three, so its line is the last that is warm.
    start = int(params[_SPAN]) - 1 + shift
    for c in range(4):
        blank(rows[c], start)
    for t in range(start, n):
        conversion[t], base[t] = fast[t], slow[t]
        span_a[t] = (fast[t - shift] + slow[t - shift]) / 2.0
        span_b[t] = span[t - shift]


DONCHIAN = Definition(
    name="donchian",
    description="Donchian channel: highest high, lowest low (this bar included) and their middle",
    inputs=("high", "low"),
    columns=("upper", "middle", "lower"),
    degrees=(1, 1, 1),
    parameters=(Parameter("window", default=20, low=2, high=1000),),
    mechanism=Window(lambda window: window, _donchian),
)
ICHIMOKU = Definition(
    name="ichimoku",
    description="Ichimoku's conversion and base lines, and both spans as drawn at this bar",
    inputs=("high", "low"),
    columns=("conversion", "base", "span_a", "span_b"),
    degrees=(1, 1, 1, 1),
    parameters=(
        Parameter("conversion", default=9, low=2, high=1000),
        Parameter("base", default=26, low=3, high=1000),
        Parameter("span", default=52, low=4, high=1000),
        Parameter("shift", default=26, low=1, high=1000),
    ),
    mechanism=Window(lambda _c, _b, span, shift: span + shift, _ichimoku),
    rising=("conversion", "base", "span"),
)
