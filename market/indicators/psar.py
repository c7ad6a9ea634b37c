"""Parabolic stop and reverse (Wilder 1978)."""

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.indicator import Definition, Parameter, Params, Recursion, State

# State: bars seen (up to 2), side (1 long, -1 short), stop of the next bar, extreme point,
# acceleration, last high, last low.
_SEEN, _SIDE, _STOP, _EXTREME, _PACE, _HIGH, _LOW, _SIZE = 0, 1, 2, 3, 4, 5, 6, 7


@compiled
def _begin(state: State, params: Params, high: float, low: float) -> None:
    """At the second bar: short if the first move was down more than up, as TA-Lib."""
    rise, fall = high - state[_HIGH], state[_LOW] - low
    short = fall > 0.0 and fall > rise
    state[_SIDE] = -1.0 if short else 1.0
    state[_EXTREME] = low if short else high
    state[_STOP] = state[_HIGH] if short else state[_LOW]
    state[_PACE] = params[0]
    state[_HIGH], state[_LOW] = high, low


@compiled
def _next(state: State, params: Params, high: float, low: float) -> float:
    """The stop at this bar; the state gets that of the next one.

    Highs and lows are read from the side of the position, so that one rule serves both: ``with_``
    is the price in its favour, ``against`` the other; a short one has them negated.
    """
    side = state[_SIDE]
    stop, extreme, pace = side * state[_STOP], side * state[_EXTREME], state[_PACE]
    against, against_before = (low, state[_LOW]) if side > 0.0 else (-high, -state[_HIGH])
    favour, favour_before = (high, state[_HIGH]) if side > 0.0 else (-low, -state[_LOW])
    if against <= stop:  # turns round: the stop becomes the extreme, beyond the last two bars
        out = max(extreme, favour_before, favour)
        pace = params[0]
        after = max(out + pace * (against - out), favour_before, favour)
        state[_SIDE], state[_EXTREME] = -side, side * against
    else:
        out = stop
        if favour > extreme:
            extreme = favour
            pace = min(pace + params[0], params[1])
        after = min(stop + pace * (extreme - stop), against_before, against)
        state[_EXTREME] = side * extreme
    state[_STOP], state[_PACE] = side * after, pace
    state[_HIGH], state[_LOW] = high, low
    return float(side * out)


@compiled
def _psar(state: State, params: Params, bars: Floats, rows: Floats) -> None:
    for t in range(bars.shape[1]):
        high, low = bars[0, t], bars[1, t]
        if state[_SEEN] == 0.0:
            state[_SEEN], state[_HIGH], state[_LOW] = 1.0, high, low
            continue
        if state[_SEEN] == 1.0:
            _begin(state, params, high, low)
            state[_SEEN] = 2.0
        rows[0, t] = _next(state, params, high, low)


PSAR = Definition(
    name="psar",
    description="Parabolic stop and reverse: the trailing stop of a position always in the market",
    inputs=("high", "low"),
    columns=("psar",),
    degrees=(1,),
    parameters=(
        Parameter("pace", default=0.02, low=0.001, high=0.5, whole=False),
        Parameter("most", default=0.2, low=0.01, high=1, whole=False),
    ),
    mechanism=Recursion(lambda _p, _m: _SIZE, lambda _p, _m: 1, _psar),
    rising=("pace", "most"),
)
