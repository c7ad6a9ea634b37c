"""Exponential moving average, seeded with the mean of the first ``window`` closes, as TA-Lib."""

import math

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.indicator import Definition, Parameter, Params, State

# State: closes seen (up to the window), and their sum until warm, the average from then on.
_COUNT, _VALUE = 0, 1


@compiled
def step(state: State, params: Params, close: float, row: Floats) -> None:
    """One step: average += 2 / (window + 1) * (close - average)."""
    row[0] = math.nan
    if not math.isfinite(close):
        return
    window = params[0]
    if state[_COUNT] == window:
        state[_VALUE] += 2.0 / (window + 1) * (close - state[_VALUE])
    else:
        state[_COUNT] += 1
        state[_VALUE] += close
        if state[_COUNT] < window:
            return
        state[_VALUE] /= window
    row[0] = state[_VALUE]


@compiled
def batch(state: State, params: Params, closes: Floats, rows: Floats) -> None:
    """The step for each close in turn."""
    for k in range(len(closes)):
        step(state, params, closes[k], rows[k])


def _state_size(_: int) -> int:
    return 2


def _warm_up(window: int) -> int:
    return window - 1


DEFINITION = Definition(
    name="ema",
    description="Exponential moving average; seed: mean of the first closes, alpha 2/(window+1)",
    parameters=(Parameter("window", default=20, low=2, high=1000),),
    columns=("ema",),
    state_size=_state_size,
    warm_up=_warm_up,
    step=step,
    batch=batch,
)
