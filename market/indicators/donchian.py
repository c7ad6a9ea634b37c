"""Channels of highs and lows: Donchian's, and the causal lines of Ichimoku's (Hosoda 1969)."""

import numpy as np

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.indicator import Definition, Parameter, Params, Window
from market.indicators.kernels import rolling_high, rolling_low


@compiled
def _donchian(params: Params, bars: Floats, rows: Floats) -> None:
    window = int(params[0])
    rolling_high(bars[0], window, rows[0])
    rolling_low(bars[1], window, rows[2])
    for t in range(window - 1, bars.shape[1]):
        rows[1, t] = (rows[0, t] + rows[2, t]) / 2.0


@compiled
def _middle(bars: Floats, window: int) -> Floats:
    high, low = np.full(bars.shape[1], np.nan), np.full(bars.shape[1], np.nan)
    rolling_high(bars[0], window, high)
    rolling_low(bars[1], window, low)
    for t in range(len(high)):
        high[t] = (high[t] + low[t]) / 2.0
    return high


@compiled
def _ichimoku(params: Params, bars: Floats, rows: Floats) -> None:
    """The spans as drawn at each bar: computed ``shift`` bars before.

    The lagging line is the close drawn in the past; at its own bar it says nothing new, so it is
    left out.
    """
    shift, n = int(params[3]), bars.shape[1]
    fast, slow = _middle(bars, int(params[0])), _middle(bars, int(params[1]))
    span = _middle(bars, int(params[2]))
    for t in range(int(params[2]) - 1 + shift, n):
        rows[0, t], rows[1, t] = fast[t], slow[t]
        rows[2, t] = (fast[t - shift] + slow[t - shift]) / 2.0
        rows[3, t] = span[t - shift]


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
