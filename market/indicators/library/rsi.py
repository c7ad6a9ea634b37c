"""Relative strength (Wilder 1978): the index, its place in its range, and Chande's momentum (1994)."""

import numpy as np

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.core.drive import lengthen
from market.indicators.core.extremes import rolling_high, rolling_low
from market.indicators.core.indicator import Definition
from market.indicators.core.kernels import (
    NAN,
    Params,
    Series,
    State,
    blank,
    faded,
    ratio,
    tied,
    whole,
    wilder,
)
from market.indicators.core.mechanisms import Recursion
from market.indicators.core.over import quarters
from market.indicators.core.sums import rolling_mean
from market.parameters import Parameter

# State: closes seen (up to window + 1), the last close, and the gains and losses: their sums until
# warm, their smoothed means from then on.
_COUNT, _LAST, _GAIN, _LOSS, _SIZE = 0, 1, 2, 3, 4
# Its place in its range keeps beside them how many values of the index are held, and these.
_HELD, _VALUES = 4, 5
_GAINS, _LOSSES = 0, 1  # rows of moves
_INDEX_ROUNDING = 16.0 * 100.0  # of an index up to 100, after some steps


@compiled
def _compare(gains: Floats, losses: Floats, out: Floats) -> None:
    for t in range(len(out)):
        out[t] = whole(100.0 * ratio(gains[t], gains[t] + losses[t]))


@compiled
def _index(state: State, params: Params, bars: Series, rows: Floats) -> None:
    """Seeds with the mean of the first ``window`` changes, then smooths with 1 / window.

    While no price has moved at all gains and losses are both zero and the index is undefined: NaN
    (TA-Lib answers 0 there, which reads as the strongest of all falls).
    """
    window, pace, close, out = int(params[0]), 1.0 / params[0], bars[0], rows[0]
    losses = np.empty(len(close))
    seen, last, gain, loss = state[_COUNT], state[_LAST], state[_GAIN], state[_LOSS]
    for t in range(len(close)):
        change, last = close[t] - last, close[t]
        if seen > 0.0:
            # Gain and loss without a branch: no processor foresees which way a price goes.
            _, gain = wilder(seen - 1.0, gain, (abs(change) + change) / 2.0, window, pace)
            _, loss = wilder(seen - 1.0, loss, (abs(change) - change) / 2.0, window, pace)
        seen = min(seen + 1.0, window + 1.0)
        out[t], losses[t] = gain if seen > window else NAN, loss
    # Only now, so that no division stands in the chain of dependent steps above.
    _compare(out, losses, out)
    state[_COUNT], state[_LAST], state[_GAIN], state[_LOSS] = seen, last, gain, loss


RsiMeans = tuple[float, float, float]
"""The last close, the mean gain and the mean loss."""


@compiled
def _next(means: RsiMeans, close: float, pace: float, moves: Floats, t: int) -> RsiMeans:
    """The means after one more close of a series that is warm; writes both into column ``t``."""
    last, gain, loss = means
    change = close - last
    gain = faded(gain, (abs(change) + change) / 2.0, pace)
    loss = faded(loss, (abs(change) - change) / 2.0, pace)
    moves[_GAINS, t], moves[_LOSSES, t] = gain, loss
    return close, gain, loss


@compiled
def _means(state: State) -> RsiMeans:
    return state[_LAST], state[_GAIN], state[_LOSS]


@compiled
def _index_of_four(
    states: Floats, params: Params, fields: Series, span: tuple[int, int], rows: Floats
) -> None:
    """``_index`` for four warm series at once, with the same bits."""
    pace, n, (_, head) = 1.0 / params[0], rows.shape[2], span
    w, x, y, z = quarters(fields[0], span, n)
    a, b, c, d = _means(states[0]), _means(states[1]), _means(states[2]), _means(states[3])
    moves = np.empty((4, 2, n - head))
    for t in range(n - head):
        a, b = _next(a, w[t], pace, moves[0], t), _next(b, x[t], pace, moves[1], t)
        c, d = _next(c, y[t], pace, moves[2], t), _next(d, z[t], pace, moves[3], t)
    for lane in range(4):
        _compare(moves[lane, _GAINS], moves[lane, _LOSSES], rows[lane, 0, head:])


@compiled
def _cmo(state: State, params: Params, bars: Series, rows: Floats) -> None:
    """The index from -100 to 100: gain less loss, by both."""
    _index(state, params, bars, rows)
    out = rows[0]
    for t in range(len(out)):
        out[t] = whole(2.0 * out[t] - 100.0)


@compiled
def _stochrsi(state: State, params: Params, bars: Series, rows: Floats) -> None:
    """The state of the index, then the last of its values; where it is undefined none is kept."""
    fast, smooth = int(params[1]), int(params[2])
    index = np.empty((1, len(bars[0])))
    _index(state[:_SIZE], params, bars, index)
    # Before prices first move the index is undefined: the range is over values that are there.
    there = np.flatnonzero(~np.isnan(index[0]))
    held = int(state[_HELD])
    values = lengthen(state[_VALUES:], held, index[0][there])
    n = len(values)
    state[_HELD] = min(n, fast + smooth - 2)
    low, high, lines = np.empty(n), np.empty(n), np.empty((2, n))
    k, d = lines[0], lines[1]
    rolling_low(values, fast, low)
    rolling_high(values, fast, high)
    for t in range(n):
        # Of a price that stands still the index does too, but for its last bits.
        still = tied(high[t], low[t], _INDEX_ROUNDING)
        k[t] = NAN if still else whole(100.0 * ratio(values[t] - low[t], high[t] - low[t]))
    blank(d, fast - 1)
    if n >= fast:
        rolling_mean(k[fast - 1 :], smooth, d[fast - 1 :])
    # Only now, after ``d`` has read them: a row has no value until all its columns have.
    blank(k, fast + smooth - 2)
    for c in range(2):
        blank(rows[c], rows.shape[1])
        # Values that were held have no row in this call.
        for t in range(held, n):
            rows[c, there[t - held]] = whole(lines[c, t])


_WINDOW = Parameter("window", default=14, low=2, high=1000)

RSI = Definition(
    name="rsi",
    description="Relative strength index with Wilder's smoothing, 0 to 100",
    inputs=("close",),
    columns=("rsi",),
    degrees=(0,),
    parameters=(_WINDOW,),
    mechanism=Recursion(lambda _: _SIZE, lambda window: window, _index, _index_of_four),
)
CMO = Definition(
    name="cmo",
    description="Chande's momentum oscillator with Wilder's smoothing, -100 to 100",
    inputs=("close",),
    columns=("cmo",),
    degrees=(0,),
    parameters=(_WINDOW,),
    mechanism=Recursion(lambda _: _SIZE, lambda window: window, _cmo),
)
STOCHRSI = Definition(
    name="stochrsi",
    description="Place of the RSI in its range over k bars (0 to 100), and its mean over d bars",
    inputs=("close",),
    columns=("k", "d"),
    degrees=(0, 0),
    parameters=(
        _WINDOW,
        Parameter("k", default=14, low=2, high=1000),
        Parameter("d", default=3, low=1, high=1000),
    ),
    mechanism=Recursion(
        lambda _w, k, d: _VALUES + k + d - 2, lambda window, k, d: window + k + d - 2, _stochrsi
    ),
)
