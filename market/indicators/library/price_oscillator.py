"""Price oscillators: a fast less a slow mean of the close, in price (APO) and in percent (PPO)."""

import numpy as np

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.core.indicator import Definition
from market.indicators.core.kernels import NAN, Params, Series, State, apart, ratio, smoothed, whole
from market.indicators.core.mechanisms import Recursion
from market.parameters import Parameter

# State: of the fast mean and of the slow one the values seen (up to the window), and the sum until
# warm, the mean from then on.
_SEEN_FAST, _FAST, _SEEN_SLOW, _SLOW, _SIZE = range(5)


@compiled
def _means(state: State, params: Params, close: Floats, quick: Floats, slowly: Floats) -> None:
    """Both means, each seeded with its own first closes; NaN until the slow one is warm."""
    fast, slow = int(params[0]), int(params[1])
    pace, slow_pace = 2.0 / (fast + 1.0), 2.0 / (slow + 1.0)
    seen_fast, mean_fast = state[_SEEN_FAST], state[_FAST]
    seen_slow, mean_slow = state[_SEEN_SLOW], state[_SLOW]
    for t in range(len(close)):
        seen_fast, mean_fast = smoothed(seen_fast, mean_fast, close[t], fast, pace)
        seen_slow, mean_slow = smoothed(seen_slow, mean_slow, close[t], slow, slow_pace)
        quick[t], slowly[t] = (mean_fast, mean_slow) if seen_slow == slow else (NAN, NAN)
    state[_SEEN_FAST], state[_FAST] = seen_fast, mean_fast
    state[_SEEN_SLOW], state[_SLOW] = seen_slow, mean_slow


@compiled
def _apo(state: State, params: Params, bars: Series, rows: Floats) -> None:
    out, slow = rows[0], np.empty(rows.shape[1])
    _means(state, params, bars[0], out, slow)
    for t in range(len(out)):
        out[t] = apart(out[t], slow[t], params[1] * slow[t])


@compiled
def _ppo(state: State, params: Params, bars: Series, rows: Floats) -> None:
    out, slow = rows[0], np.empty(rows.shape[1])
    _means(state, params, bars[0], out, slow)
    for t in range(len(out)):
        out[t] = whole(100.0 * ratio(out[t] - slow[t], slow[t]))


_PARAMETERS = (
    Parameter("fast", default=12, low=2, high=1000),
    Parameter("slow", default=26, low=3, high=1000),
)

APO = Definition(
    name="apo",
    description="Absolute price oscillator: fast EMA minus slow EMA of the close",
    inputs=("close",),
    columns=("apo",),
    degrees=(1,),
    parameters=_PARAMETERS,
    mechanism=Recursion(lambda _f, _s: _SIZE, lambda _, slow: slow - 1, _apo),
    rising=("fast", "slow"),
)
PPO = Definition(
    name="ppo",
    description="Percentage price oscillator: fast EMA minus slow EMA, in percent of the slow one",
    inputs=("close",),
    columns=("ppo",),
    degrees=(0,),
    parameters=_PARAMETERS,
    mechanism=Recursion(lambda _f, _s: _SIZE, lambda _, slow: slow - 1, _ppo),
    rising=("fast", "slow"),
)
