"""Directional movement (Wilder 1978): +DI, -DI, the strength of the trend ADX, and ADXR."""

import math

import numpy as np

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.core.drive import lengthen
from market.indicators.core.indicator import Definition
from market.indicators.core.kernels import (
    NAN,
    Params,
    Series,
    State,
    blank,
    ratio,
    tied,
    true_range,
    whole,
    wholes,
    wilder,
)
from market.indicators.core.mechanisms import Recursion
from market.parameters import Parameter

# State: bars seen (up to the window), the last high, low and close, Wilder's sums of +DM, -DM and
# true range. ADX has two more: distances seen (up to the window), and their mean as Wilder smooths.
# ADXR keeps beside them how many values of ADX are held, and these.
_SEEN, _HIGH, _LOW, _CLOSE, _PLUS, _MINUS, _RANGE, _SIZE = 0, 1, 2, 3, 4, 5, 6, 7
_SEEN_ADX, _ADX, _SIZE_ADX = 7, 8, 9
_HELD, _VALUES = 9, 10


@compiled
def _directions(state: State, window: int, bars: Series, plus: Floats, minus: Floats) -> None:
    """Both directional indicators; NaN before they are warm.

    As TA-Lib, the sums are seeded with window - 1 bars and decay by 1 / window from then on.
    """
    highs, lows, closes = bars[0], bars[1], bars[2]
    seen, high, low, close = state[_SEEN], state[_HIGH], state[_LOW], state[_CLOSE]
    up, down, wide = state[_PLUS], state[_MINUS], state[_RANGE]
    for t in range(len(plus)):
        rise, fall = highs[t] - high, low - lows[t]
        stay = 1.0 - 1.0 / window if seen >= window else 1.0
        if seen > 0.0:
            # Of a bar that reaches beyond the last one on both sides the larger move counts, of equals none.
            if tied(rise, fall, highs[t]):
                rise, fall = 0.0, 0.0
            up = up * stay + (rise if rise > 0.0 and rise > fall else 0.0)
            down = down * stay + (fall if fall > 0.0 and fall > rise else 0.0)
            wide = wide * stay + true_range(highs[t], lows[t], close)
        plus[t] = 100.0 * ratio(up, wide) if seen >= window else NAN
        minus[t] = 100.0 * ratio(down, wide) if seen >= window else NAN
        seen, high, low, close = min(seen + 1.0, window), highs[t], lows[t], closes[t]
    state[_SEEN], state[_HIGH], state[_LOW], state[_CLOSE] = seen, high, low, close
    state[_PLUS], state[_MINUS], state[_RANGE] = up, down, wide
    wholes(plus)
    wholes(minus)


@compiled
def _plus(state: State, params: Params, bars: Series, rows: Floats) -> None:
    plus = rows[0]
    _directions(state, int(params[0]), bars, plus, np.empty(len(plus)))


@compiled
def _minus(state: State, params: Params, bars: Series, rows: Floats) -> None:
    minus = rows[0]
    _directions(state, int(params[0]), bars, np.empty(len(minus)), minus)


@compiled
def _adx(state: State, params: Params, bars: Series, rows: Floats) -> None:
    """The mean of the distances between the two; a bar without any movement adds nothing."""
    window, out, minus = int(params[0]), rows[0], np.empty(rows.shape[1])
    _directions(state[:_SIZE], window, bars, out, minus)
    seen, mean = state[_SEEN_ADX], state[_ADX]
    for t in range(len(out)):
        distance = 100.0 * ratio(abs(out[t] - minus[t]), out[t] + minus[t])
        there = not math.isnan(distance)
        if there:
            seen, mean = wilder(seen, mean, distance, window, 1.0 / window)
        out[t] = mean if there and seen == window else NAN
    state[_SEEN_ADX], state[_ADX] = seen, mean
    wholes(out)


@compiled
def _adxr(state: State, params: Params, bars: Series, rows: Floats) -> None:
    """The mean of ADX now and window - 1 bars ago."""
    back, out, held = int(params[0]) - 1, rows[0], int(state[_HELD])
    _adx(state[:_SIZE_ADX], params, bars, rows)
    values = lengthen(state[_VALUES:], held, out.copy())
    state[_HELD] = min(len(values), back)
    first = back - held  # the first row that has one so long ago
    for t in range(first, len(out)):
        out[t] = whole((values[held + t] + values[t - first]) / 2.0)
    blank(out, first)


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
    mechanism=Recursion(lambda _: _SIZE_ADX, lambda window: 2 * window - 1, _adx),
)
ADXR = Definition(
    name="adxr",
    description="Average directional index rating: mean of ADX now and window - 1 bars ago",
    inputs=_INPUTS,
    columns=("adxr",),
    degrees=(0,),
    parameters=_WINDOW,
    mechanism=Recursion(lambda window: _VALUES + window - 1, lambda window: 3 * window - 2, _adxr),
)
