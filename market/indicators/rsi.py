"""Relative strength index (Wilder 1978): the share of gains in the smoothed moves, 0 to 100."""

import math

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.indicator import Definition, Parameter, Params, State

# State: closes seen (up to window + 1), the last close, and the gains and losses: their sums until
# warm, their smoothed means from then on.
_COUNT, _LAST, _GAIN, _LOSS = 0, 1, 2, 3


@compiled
def step(state: State, params: Params, close: float, row: Floats) -> None:
    """Seeds with the mean of the first ``window`` changes, then smooths with 1 / window.

    While no price has moved at all gains and losses are both zero and the index is undefined: NaN
    (TA-Lib answers 0 there, which reads as the strongest of all falls).
    """
    row[0] = math.nan
    if not math.isfinite(close):
        return
    window, change = params[0], close - state[_LAST]
    state[_LAST] = close
    if state[_COUNT] == 0:
        state[_COUNT] = 1
        return
    gain, loss = max(change, 0.0), max(-change, 0.0)
    if state[_COUNT] <= window:
        state[_COUNT] += 1
        state[_GAIN] += gain
        state[_LOSS] += loss
        if state[_COUNT] <= window:
            return
        state[_GAIN] /= window
        state[_LOSS] /= window
    else:
        state[_GAIN] = (state[_GAIN] * (window - 1) + gain) / window
        state[_LOSS] = (state[_LOSS] * (window - 1) + loss) / window
    moved = state[_GAIN] + state[_LOSS]
    if moved > 0.0:
        row[0] = 100.0 * (state[_GAIN] / moved)


@compiled
def batch(state: State, params: Params, closes: Floats, rows: Floats) -> None:
    """The step for each close in turn."""
    for k in range(len(closes)):
        step(state, params, closes[k], rows[k])


def _state_size(_: int) -> int:
    return 4


def _warm_up(window: int) -> int:
    return window


DEFINITION = Definition(
    name="rsi",
    description="Relative strength index with Wilder's smoothing, 0 to 100",
    parameters=(Parameter("window", default=14, low=2, high=1000),),
    columns=("rsi",),
    state_size=_state_size,
    warm_up=_warm_up,
    step=step,
    batch=batch,
)
