"""Kaufman's adaptive moving average (1998): fast in a trend, slow in noise."""

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.indicator import Definition, Parameter, Params, Recursion, State
from market.indicators.kernels import join


@compiled
def _kama(state: State, params: Params, bars: Floats, rows: Floats) -> None:
    """State: the mean, then the last ``window`` closes. It starts at the close before the first row.

    In a window without any move the efficiency is 1, as in TA-Lib.
    """
    window, out = int(params[0]), rows[0]
    fast, slow = 2.0 / (params[1] + 1.0), 2.0 / (params[2] + 1.0)
    joined, held = join(state[1:], bars, window)
    close, mean = joined[0], state[0]
    if held < window and len(close) >= window:
        mean = close[window - 1]
    for t in range(max(held, window), len(close)):
        path = 0.0
        for k in range(t - window + 1, t + 1):
            path += abs(close[k] - close[k - 1])
        way = abs(close[t] - close[t - window])
        efficiency = way / path if path > way else 1.0
        pace = efficiency * (fast - slow) + slow
        mean += (close[t] - mean) * (pace * pace)
        out[t - held] = mean
    state[0] = mean


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
    mechanism=Recursion(lambda window, _f, _s: window + 2, lambda window, _f, _s: window, _kama),
    rising=("fast", "slow"),
)
