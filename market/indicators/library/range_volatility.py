"""Volatility from the prices inside the bar, per bar and not annualised.

Parkinson (1980), Garman and Klass (1980), Yang and Zhang (2000): each a standard deviation of log
returns. A price that is not positive makes every window that holds it NaN.
"""

import math

import numpy as np

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.core.indicator import Definition
from market.indicators.core.kernels import NAN, Params, Series, State, blank
from market.indicators.core.mechanisms import Window
from market.indicators.core.sums import rolling_deviation, rolling_mean
from market.parameters import Parameter
from market.windows import log_ratio


@compiled
def _root(x: float) -> float:
    return math.sqrt(x) if x >= 0.0 else NAN


@compiled
def _parkinson(_state: State, params: Params, bars: Series, rows: Floats) -> None:
    high, low = bars
    window, n, out = int(params[0]), len(high), rows[0]
    squares = np.empty(n)
    for t in range(n):
        span = log_ratio(high[t], low[t])
        squares[t] = span * span
    rolling_mean(squares, window, out)
    for t in range(n):
        # The squared range of a Brownian path is 4 ln 2 times its variance on average.
        out[t] = _root(out[t] / (4.0 * math.log(2.0)))


@compiled
def _garman_klass(_state: State, params: Params, bars: Series, rows: Floats) -> None:
    opens, high, low, close = bars
    window, n, out = int(params[0]), len(close), rows[0]
    squares = np.empty(n)
    for t in range(n):
        span, move = log_ratio(high[t], low[t]), log_ratio(close[t], opens[t])
        squares[t] = 0.5 * span * span - (2.0 * math.log(2.0) - 1.0) * move * move
    rolling_mean(squares, window, out)
    for t in range(n):
        out[t] = _root(out[t])


@compiled
def _yang_zhang(_state: State, params: Params, bars: Series, rows: Floats) -> None:
    """Variance of the gaps + k of the moves in the bar + (1 - k) of Rogers and Satchell's term."""
    opens, highs, lows, closes = bars
    window, n, out = int(params[0]), len(closes), rows[0]
    blank(out, window)
    if n <= window:
        return
    gap, move, drift = np.empty(n - 1), np.empty(n - 1), np.empty(n - 1)
    for t in range(1, n):
        start, high, low, close = opens[t], highs[t], lows[t], closes[t]
        gap[t - 1], move[t - 1] = log_ratio(start, closes[t - 1]), log_ratio(close, start)
        drift[t - 1] = log_ratio(high, close) * log_ratio(high, start)
        drift[t - 1] += log_ratio(low, close) * log_ratio(low, start)
    mean, gaps, moves = np.empty(n - 1), np.empty(n - 1), np.empty(n - 1)
    rolling_mean(gap, window, mean)
    rolling_deviation(gap, window, mean, gaps)
    rolling_mean(move, window, mean)
    rolling_deviation(move, window, mean, moves)
    rolling_mean(drift, window, out[1:])
    # The weight that makes the estimate's own variance least.
    k = 0.34 / (1.34 + (window + 1.0) / (window - 1.0))
    # ``rolling_deviation`` divides by the window, their variances by one less.
    sample = window / (window - 1.0)
    for t in range(window, n):
        spread = gaps[t - 1] * gaps[t - 1] + k * (moves[t - 1] * moves[t - 1])
        out[t] = _root(sample * spread + (1.0 - k) * out[t])


_WINDOW = (Parameter("window", default=20, low=2, high=1000),)

PARKINSON = Definition(
    name="parkinson",
    description="Volatility per bar from high and low",
    inputs=("high", "low"),
    columns=("parkinson",),
    degrees=(0,),
    parameters=_WINDOW,
    mechanism=Window(lambda window: window, _parkinson),
)
GARMAN_KLASS = Definition(
    name="garman_klass",
    description="Volatility per bar from open, high, low and close",
    inputs=("open", "high", "low", "close"),
    columns=("garman_klass",),
    degrees=(0,),
    parameters=_WINDOW,
    mechanism=Window(lambda window: window, _garman_klass),
)
YANG_ZHANG = Definition(
    name="yang_zhang",
    description="Volatility per bar from gaps, moves and ranges; free of drift",
    inputs=("open", "high", "low", "close"),
    columns=("yang_zhang",),
    degrees=(0,),
    parameters=_WINDOW,
    mechanism=Window(lambda window: window + 1, _yang_zhang),
)
