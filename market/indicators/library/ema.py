"""Exponential moving averages: one, two and three times smoothed (Mulloy 1994), and TRIX."""

import math

import numpy as np

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.core.indicator import Definition, Parameter
from market.indicators.core.kernels import NAN, Bars, Params, State, ratio, smoothed, toward
from market.indicators.core.mechanisms import Recursion
from market.indicators.core.over import quarters

Weights = tuple[float, float, float]


@compiled
def _ema(state: State, params: Params, bars: Bars, rows: Floats) -> None:
    window, pace, close, out = int(params[0]), 2.0 / (params[0] + 1.0), bars[0], rows[0]
    seen, mean = state[0], state[1]
    for t in range(len(close)):
        seen, mean = smoothed(seen, mean, close[t], window, pace)
        out[t] = mean if seen == window else NAN
    state[0], state[1] = seen, mean


@compiled
def _ema_of_four(
    states: Floats, params: Params, fields: Bars, span: tuple[int, int], rows: Floats
) -> None:
    pace, n, head = 2.0 / (params[0] + 1.0), rows.shape[2], span[1]
    w, x, y, z = quarters(fields[0], span, n)
    to_w, to_x, to_y, to_z = (
        rows[0, 0, head:],
        rows[1, 0, head:],
        rows[2, 0, head:],
        rows[3, 0, head:],
    )
    a, b, c, d = states[0, 1], states[1, 1], states[2, 1], states[3, 1]
    for t in range(n - head):
        a, b = toward(a, w[t], pace), toward(b, x[t], pace)
        c, d = toward(c, y[t], pace), toward(d, z[t], pace)
        to_w[t], to_x[t], to_y[t], to_z[t] = a, b, c, d


@compiled
def _cascade(state: State, window: int, weights: Weights, close: Floats, out: Floats) -> None:
    """Weighs a mean of closes, the mean of that, and the mean of that one; NaN until all are warm.

    A mean of weight zero need not be warm. State: the three means.
    """
    a, b, c = weights
    pace, t = 2.0 / (window + 1.0), 0
    seen, one, seen_two = state[0], state[1], state[2]
    two, seen_three, three = state[3], state[4], state[5]
    while t < len(out) and seen_three < window:
        seen, one = smoothed(seen, one, close[t], window, pace)
        if seen == window:
            seen_two, two = smoothed(seen_two, two, one, window, pace)
        if seen_two == window:
            seen_three, three = smoothed(seen_three, three, two, window, pace)
        warm = seen_three == window if c != 0.0 else seen_two == window
        out[t] = a * one + b * two + c * three if warm else NAN
        t += 1
    for now in range(t, len(out)):
        _, one = smoothed(window, one, close[now], window, pace)
        _, two = smoothed(window, two, one, window, pace)
        _, three = smoothed(window, three, two, window, pace)
        out[now] = a * one + b * two + c * three
    state[0], state[1], state[2] = seen, one, seen_two
    state[3], state[4], state[5] = two, seen_three, three


@compiled
def _dema(state: State, params: Params, bars: Bars, rows: Floats) -> None:
    _cascade(state, int(params[0]), (2.0, -1.0, 0.0), bars[0], rows[0])


@compiled
def _tema(state: State, params: Params, bars: Bars, rows: Floats) -> None:
    _cascade(state, int(params[0]), (3.0, -3.0, 1.0), bars[0], rows[0])


@compiled
def _trix(state: State, params: Params, bars: Bars, rows: Floats) -> None:
    """The state's last two numbers: whether there was a third mean, and the last one."""
    three, out = np.empty(len(bars[0])), rows[0]
    _cascade(state, int(params[0]), (0.0, 0.0, 1.0), bars[0], three)
    for t in range(1, len(out)):
        out[t] = (ratio(three[t], three[t - 1]) - 1.0) * 100.0
    if len(out) > 0:
        out[0] = (ratio(three[0], state[7]) - 1.0) * 100.0 if state[6] > 0.0 else NAN
        if not math.isnan(three[-1]):
            state[6], state[7] = 1.0, three[-1]


_WINDOW = (Parameter("window", default=20, low=2, high=1000),)

EMA = Definition(
    name="ema",
    description="Exponential moving average; seed: mean of the first closes, alpha 2/(window+1)",
    inputs=("close",),
    columns=("ema",),
    degrees=(1,),
    parameters=_WINDOW,
    mechanism=Recursion(lambda _: 2, lambda window: window - 1, _ema, _ema_of_four),
)
DEMA = Definition(
    name="dema",
    description="Double exponential moving average: 2 EMA - EMA of EMA",
    inputs=("close",),
    columns=("dema",),
    degrees=(1,),
    parameters=_WINDOW,
    mechanism=Recursion(lambda _: 6, lambda window: 2 * (window - 1), _dema),
)
TEMA = Definition(
    name="tema",
    description="Triple exponential moving average: 3 EMA - 3 EMA of EMA + EMA of EMA of EMA",
    inputs=("close",),
    columns=("tema",),
    degrees=(1,),
    parameters=_WINDOW,
    mechanism=Recursion(lambda _: 6, lambda window: 3 * (window - 1), _tema),
)
TRIX = Definition(
    name="trix",
    description="Change of the three times smoothed close over one bar, in percent",
    inputs=("close",),
    columns=("trix",),
    degrees=(0,),
    parameters=(Parameter("window", default=15, low=2, high=1000),),
    mechanism=Recursion(lambda _: 8, lambda window: 3 * (window - 1) + 1, _trix),
)
