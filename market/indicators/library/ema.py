"""Exponential moving averages: one, two and three times smoothed (Mulloy 1994), and TRIX."""

import math

import numpy as np

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.core.indicator import Definition
from market.indicators.core.kernels import (
    NAN,
    Params,
    Series,
    State,
    beside,
    ratio,
    smoothed,
    toward,
    whole,
)
from market.indicators.core.mechanisms import Recursion
from market.indicators.core.over import quarters
from market.parameters import Parameter

Weights = tuple[float, float, float]
# State of one mean: values seen (up to the window), and their sum until warm, the mean from then on.
_SEEN, _MEAN, _SIZE = 0, 1, 2
# State of three, each over the one before.
_SEEN_FIRST, _FIRST, _SEEN_SECOND, _SECOND, _SEEN_THIRD, _THIRD, _SIZE_OF_THREE = range(7)
# TRIX keeps beside them whether there was a third mean, and the last one.
_THERE, _LAST, _SIZE_OF_TRIX = 6, 7, 8


@compiled
def _ema(state: State, params: Params, bars: Series, rows: Floats) -> None:
    window, pace, close, out = int(params[0]), 2.0 / (params[0] + 1.0), bars[0], rows[0]
    seen, mean = state[_SEEN], state[_MEAN]
    for t in range(len(close)):
        seen, mean = smoothed(seen, mean, close[t], window, pace)
        out[t] = mean if seen == window else NAN
    state[_SEEN], state[_MEAN] = seen, mean
    # Only now, so that no comparison stands in the chain of dependent steps above.
    beside(out, close, params[0])


@compiled
def _ema_of_four(
    states: Floats, params: Params, fields: Series, span: tuple[int, int], rows: Floats
) -> None:
    """``_ema`` for four warm series at once, with the same bits."""
    pace, n, (_, head) = 2.0 / (params[0] + 1.0), rows.shape[2], span
    w, x, y, z = quarters(fields[0], span, n)
    to_w, to_x, to_y, to_z = (
        rows[0, 0, head:],
        rows[1, 0, head:],
        rows[2, 0, head:],
        rows[3, 0, head:],
    )
    a, b, c, d = states[0, _MEAN], states[1, _MEAN], states[2, _MEAN], states[3, _MEAN]
    for t in range(n - head):
        a, b = toward(a, w[t], pace), toward(b, x[t], pace)
        c, d = toward(c, y[t], pace), toward(d, z[t], pace)
        to_w[t], to_x[t], to_y[t], to_z[t] = a, b, c, d
    beside(to_w, w, params[0])
    beside(to_x, x, params[0])
    beside(to_y, y, params[0])
    beside(to_z, z, params[0])


@compiled
def _cascade(state: State, window: int, weights: Weights, close: Floats, out: Floats) -> None:
    """Weighs a mean of closes, the mean of that, and the mean of that one; NaN until all are warm.

    A mean of weight zero need not be warm. Once all three are, the second loop asks nothing more.
    """
    a, b, c = weights  # of the first mean, the second, the third
    pace, t = 2.0 / (window + 1.0), 0
    seen_first, seen_second, seen_third = (
        state[_SEEN_FIRST],
        state[_SEEN_SECOND],
        state[_SEEN_THIRD],
    )
    first, second, third = state[_FIRST], state[_SECOND], state[_THIRD]
    while t < len(out) and seen_third < window:
        seen_first, first = smoothed(seen_first, first, close[t], window, pace)
        if seen_first == window:
            seen_second, second = smoothed(seen_second, second, first, window, pace)
        if seen_second == window:
            seen_third, third = smoothed(seen_third, third, second, window, pace)
        warm = seen_third == window if c != 0.0 else seen_second == window
        out[t] = a * first + b * second + c * third if warm else NAN
        t += 1
    for now in range(t, len(out)):
        _, first = smoothed(window, first, close[now], window, pace)
        _, second = smoothed(window, second, first, window, pace)
        _, third = smoothed(window, third, second, window, pace)
        out[now] = a * first + b * second + c * third
    state[_SEEN_FIRST], state[_SEEN_SECOND], state[_SEEN_THIRD] = (
        seen_first,
        seen_second,
        seen_third,
    )
    state[_FIRST], state[_SECOND], state[_THIRD] = first, second, third


@compiled
def _dema(state: State, params: Params, bars: Series, rows: Floats) -> None:
    close, window, out = bars[0], int(params[0]), rows[0]
    _cascade(state, window, (2.0, -1.0, 0.0), close, out)
    beside(out, close, params[0])


@compiled
def _tema(state: State, params: Params, bars: Series, rows: Floats) -> None:
    close, window, out = bars[0], int(params[0]), rows[0]
    _cascade(state, window, (3.0, -3.0, 1.0), close, out)
    beside(out, close, params[0])


@compiled
def _trix(state: State, params: Params, bars: Series, rows: Floats) -> None:
    close, window, out = bars[0], int(params[0]), rows[0]
    third = np.empty(len(close))
    _cascade(state, window, (0.0, 0.0, 1.0), close, third)
    for t in range(1, len(out)):
        out[t] = whole((ratio(third[t], third[t - 1]) - 1.0) * 100.0)
    # The mean before the first row was made by the call before; a batch has none.
    if len(out) > 0:
        first = (ratio(third[0], state[_LAST]) - 1.0) * 100.0
        out[0] = whole(first) if state[_THERE] > 0.0 else NAN
        if not math.isnan(third[-1]):
            state[_THERE], state[_LAST] = 1.0, third[-1]


_WINDOW = (Parameter("window", default=20, low=2, high=1000),)

EMA = Definition(
    name="ema",
    description="Exponential moving average; seed: mean of the first closes, alpha 2/(window+1)",
    inputs=("close",),
    columns=("ema",),
    degrees=(1,),
    parameters=_WINDOW,
    mechanism=Recursion(lambda _: _SIZE, lambda window: window - 1, _ema, _ema_of_four),
)
DEMA = Definition(
    name="dema",
    description="Double exponential moving average: 2 EMA - EMA of EMA",
    inputs=("close",),
    columns=("dema",),
    degrees=(1,),
    parameters=_WINDOW,
    mechanism=Recursion(lambda _: _SIZE_OF_THREE, lambda window: 2 * (window - 1), _dema),
)
TEMA = Definition(
    name="tema",
    description="Triple exponential moving average: 3 EMA - 3 EMA of EMA + EMA of EMA of EMA",
    inputs=("close",),
    columns=("tema",),
    degrees=(1,),
    parameters=_WINDOW,
    mechanism=Recursion(lambda _: _SIZE_OF_THREE, lambda window: 3 * (window - 1), _tema),
)
TRIX = Definition(
    name="trix",
    description="Change of the three times smoothed close over one bar, in percent",
    inputs=("close",),
    columns=("trix",),
    degrees=(0,),
    parameters=(Parameter("window", default=15, low=2, high=1000),),
    mechanism=Recursion(lambda _: _SIZE_OF_TRIX, lambda window: 3 * (window - 1) + 1, _trix),
)
