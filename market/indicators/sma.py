"""Simple moving average: the mean of the last ``window`` closes."""

import math

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.indicator import Definition, Parameter, Params, State

# State: how many closes the ring holds, where the oldest one is, and the ring itself.
_COUNT, _OLDEST, _RING = 0, 1, 2


@compiled
def step(state: State, params: Params, close: float, row: Floats) -> None:
    """Sums the window from the oldest close to the newest at every bar.

    A running sum would be faster and would keep the rounding errors of all bars before, so that
    the value depended on where the series began.
    """
    row[0] = math.nan
    if not math.isfinite(close):
        return
    window, oldest = params[0], int(state[_OLDEST])
    state[_RING + oldest] = close
    oldest = (oldest + 1) % window
    state[_OLDEST] = oldest
    state[_COUNT] = min(state[_COUNT] + 1, window)
    if state[_COUNT] < window:
        return
    total = 0.0
    for k in range(oldest, window):
        total += state[_RING + k]
    for k in range(oldest):
        total += state[_RING + k]
    row[0] = total / window


@compiled
def batch(state: State, params: Params, closes: Floats, rows: Floats) -> None:
    """The step for each close in turn."""
    for k in range(len(closes)):
        step(state, params, closes[k], rows[k])


def _state_size(window: int) -> int:
    return _RING + window


def _warm_up(window: int) -> int:
    return window - 1


DEFINITION = Definition(
    name="sma",
    description="Simple moving average of the last closes",
    parameters=(Parameter("window", default=20, low=2, high=1000),),
    columns=("sma",),
    state_size=_state_size,
    warm_up=_warm_up,
    step=step,
    batch=batch,
)
