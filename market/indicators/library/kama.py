"""Kaufman's adaptive moving average (1998): fast in a trend, slow in noise."""

import numpy as np

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.core.drive import lengthen
from market.indicators.core.indicator import Definition
from market.indicators.core.kernels import Params, Series, State, blank, mean_beside
from market.indicators.core.mechanisms import Recursion
from market.indicators.core.sums import rolling_sum
from market.parameters import Parameter

# State: the mean, how many closes are held (up to the window), and these.
_MEAN, _HELD, _CLOSES = 0, 1, 2


@compiled
def _kama(state: State, params: Params, bars: Series, rows: Floats) -> None:
    """The mean starts at the close before the first row.

    In a window without any move the efficiency is 1, as in TA-Lib.
    """
    window, out = int(params[0]), rows[0]
    fastest, slowest = params[1], params[2]
    slow = 2.0 / (slowest + 1.0)
    reach = 2.0 / (fastest + 1.0) - slow
    held, mean = int(state[_HELD]), state[_MEAN]
    close, start = lengthen(state[_CLOSES:], held, bars[0]), max(held, window)
    if held < window and len(close) >= window:
        mean = close[window - 1]
    # Its first row is never written, nor read: values begin at ``window`` or later.
    path = _paths(close, window)
    blank(out, start - held)
    ahead, path, values = close[start:], path[start:], out[start - held :]
    before = close[start - window :]
    for t in range(len(values)):
        way = abs(ahead[t] - before[t])
        # A straight path may add up to a rounding less than the way: no efficiency is above 1.
        pace = (way / path[t] if path[t] > way else 1.0) * reach + slow
        mean = mean * (1.0 - pace * pace) + ahead[t] * (pace * pace)
        values[t] = mean_beside(mean, ahead[t], slowest)
    state[_MEAN], state[_HELD] = mean, min(len(close), window)


@compiled
def _paths(close: Floats, window: int) -> Floats:
    """Sums of the last ``window`` moves, all taken as positive."""
    later, moves, path = close[1:], np.empty(max(len(close) - 1, 0)), np.empty(len(close))
    for t in range(len(moves)):
        moves[t] = abs(later[t] - close[t])
    rolling_sum(moves, window, path[1:])
    return path


KAMA = Definition(
    name="kama",
    description="Kaufman's adaptive moving average; its pace lies between two EMA windows",
    inputs=("close",),
    columns=("kama",),
    degrees=(1,),
    parameters=(
        Parameter("window", default=10, low=2, high=1000),
        Parameter("fast", default=2, low=1, high=1000),
        Parameter("slow", default=30, low=2, high=1000),
    ),
    mechanism=Recursion(
        lambda window, _f, _s: _CLOSES + window, lambda window, _f, _s: window, _kama
    ),
    rising=("fast", "slow"),
)
