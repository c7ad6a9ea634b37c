"""Moving average convergence divergence (Appel): a fast minus a slow mean, and its own mean."""

import numpy as np

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.indicator import Definition, Parameter, Params, Recursion, State
from market.indicators.kernels import ema


@compiled
def _macd(state: State, params: Params, bars: Floats, rows: Floats) -> None:
    """As TA-Lib, the fast mean starts late, so that both means have their first value together.

    State: the bars that the fast mean has passed over, then the three means.
    """
    fast, slow, signal, close = int(params[0]), int(params[1]), int(params[2]), bars[0]
    n = len(close)
    skipped = min(slow - fast - int(state[0]), n)
    state[0] += skipped
    quick, slowly, mean = np.empty(n), np.empty(n), np.empty(n)
    ema(state[1:3], fast, close, skipped, quick)
    first = ema(state[3:5], slow, close, 0, slowly)
    for t in range(first, n):
        quick[t] -= slowly[t]
    first = ema(state[5:7], signal, quick, first, mean)
    for t in range(first, n):
        rows[0, t], rows[1, t], rows[2, t] = quick[t], mean[t], quick[t] - mean[t]


MACD = Definition(
    name="macd",
    description="Fast EMA minus slow EMA of the close, the EMA of that (signal), and the difference",
    inputs=("close",),
    columns=("macd", "signal", "histogram"),
    degrees=(1, 1, 1),
    parameters=(
        Parameter("fast", default=12, low=2, high=1000),
        Parameter("slow", default=26, low=3, high=1000),
        Parameter("signal", default=9, low=1, high=1000),
    ),
    mechanism=Recursion(lambda _f, _s, _g: 7, lambda _, slow, signal: slow - 1 + signal - 1, _macd),
    rising=("fast", "slow"),
)
