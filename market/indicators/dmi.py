"""Directional movement (Wilder 1978): +DI, -DI, and the strength of the trend, ADX."""

import numpy as np

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.indicator import Definition, Parameter, Params, Recursion, State
from market.indicators.kernels import ratio, true_range, wilder

# State: bars seen (up to the window), the last high, low and close, Wilder's sums of +DM, -DM and
# true range.
_SEEN, _HIGH, _LOW, _CLOSE, _PLUS, _MINUS, _RANGE, _SIZE = 0, 1, 2, 3, 4, 5, 6, 7


@compiled
def _directions(state: State, window: int, bars: Floats, plus: Floats, minus: Floats) -> int:
    """Both directional indicators; gives the first row that has them.

    As TA-Lib, the sums are seeded with window - 1 bars and decay by 1 / window from then on.
    """
    n, seen = bars.shape[1], int(state[_SEEN])
    up, down, wide = state[_PLUS], state[_MINUS], state[_RANGE]
    first = n
    for t in range(n):
        high, low, close = bars[0, t], bars[1, t], bars[2, t]
        rise, fall = high - state[_HIGH], state[_LOW] - low
        if seen >= window:
            up -= up / window
            down -= down / window
            wide -= wide / window
        if seen > 0:
            up += rise if rise > 0.0 and rise > fall else 0.0
            down += fall if fall > 0.0 and fall > rise else 0.0
            wide += true_range(high, low, state[_CLOSE])
        if seen >= window:
            plus[t], minus[t] = 100.0 * ratio(up, wide), 100.0 * ratio(down, wide)
            first = min(first, t)
        seen = min(seen + 1, window)
        state[_HIGH], state[_LOW], state[_CLOSE] = high, low, close
    state[_SEEN], state[_PLUS], state[_MINUS], state[_RANGE] = seen, up, down, wide
    return int(first)


@compiled
def _plus(state: State, params: Params, bars: Floats, rows: Floats) -> None:
    _directions(state, int(params[0]), bars, rows[0], np.empty(bars.shape[1]))


@compiled
def _minus(state: State, params: Params, bars: Floats, rows: Floats) -> None:
    _directions(state, int(params[0]), bars, np.empty(bars.shape[1]), rows[0])


@compiled
def _adx(state: State, params: Params, bars: Floats, rows: Floats) -> None:
    """The mean of the distances between the two; a bar without any movement adds nothing."""
    n, window = bars.shape[1], int(params[0])
    plus, minus = np.empty(n), np.empty(n)
    first = _directions(state[:_SIZE], window, bars, plus, minus)
    distance, place, count = np.empty(n), np.empty(n, dtype=np.int64), 0
    for t in range(first, n):
        one = 100.0 * ratio(abs(plus[t] - minus[t]), plus[t] + minus[t])
        if not np.isnan(one):
            distance[count], place[count] = one, t
            count += 1
    mean = np.empty(count)
    for k in range(wilder(state[_SIZE:], window, distance[:count], 0, mean), count):
        rows[0, place[k]] = mean[k]


_INPUTS = ("high", "low", "close")
_WINDOW = (Parameter("window", default=14, low=2, high=1000),)

PLUS_DI = Definition(
    name="plus_di",
    description="Share of upward movement in the true range, 0 to 100",
    inputs=_INPUTS,
    columns=("plus_di",),
    degrees=(0,),
    parameters=_WINDOW,
    mechanism=Recursion(lambda _: _SIZE, lambda window: window, _plus),
)
MINUS_DI = Definition(
    name="minus_di",
    description="Share of downward movement in the true range, 0 to 100",
    inputs=_INPUTS,
    columns=("minus_di",),
    degrees=(0,),
    parameters=_WINDOW,
    mechanism=Recursion(lambda _: _SIZE, lambda window: window, _minus),
)
ADX = Definition(
    name="adx",
    description="Average directional index: strength of the trend, 0 to 100",
    inputs=_INPUTS,
    columns=("adx",),
    degrees=(0,),
    parameters=_WINDOW,
    mechanism=Recursion(lambda _: _SIZE + 2, lambda window: 2 * window - 1, _adx),
)
