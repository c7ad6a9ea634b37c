"""Parabolic stop and reverse (Wilder 1978)."""

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.core.indicator import Definition
from market.indicators.core.kernels import NAN, Params, Series, State, beyond
from market.indicators.core.mechanisms import Recursion
from market.parameters import Parameter

Pair = tuple[float, float]
"""Of the bar before, and of this one."""
Position = tuple[float, float, float, float]
"""Side (1 long, -1 short), stop of the next bar, extreme point, acceleration.

Prices are read from the side, so that one rule serves both: those of a short one are negated.
"""
# State: bars seen (up to 2), the position, last high, last low.
_SEEN, _SIDE, _STOP, _EXTREME, _PACE, _HIGH, _LOW, _SIZE = 0, 1, 2, 3, 4, 5, 6, 7


@compiled
def _begin(pace: float, high: Pair, low: Pair) -> Position:
    """At the second bar: short if the first move was down more than up, as TA-Lib."""
    (high_before, high_now), (low_before, low_now) = high, low
    rise, fall = high_now - high_before, low_before - low_now
    if fall > 0.0 and beyond(fall, rise, high_now):
        return -1.0, -high_before, -low_now, pace
    return 1.0, low_before, high_now, pace


@compiled
def _next(params: Params, position: Position, high: Pair, low: Pair) -> tuple[float, Position]:
    """The stop at this bar, and the position after it.

    ``favour`` is the price in the position's favour, ``against`` the other.
    """
    (side, stop, extreme, pace), first, most = position, params[0], params[1]
    (high_before, high_now), (low_before, low_now) = high, low
    against_before, against = low if side > 0.0 else (-high_before, -high_now)
    favour_before, favour = high if side > 0.0 else (-low_before, -low_now)
    if not beyond(
        against, stop, stop
    ):  # turns round: the stop becomes the extreme, beyond the last two bars
        out = max(extreme, favour_before, favour)
        # Wilder: nor does the stop of the new side, seen from that side.
        after = max(out + first * (against - out), favour_before, favour)
        return side * out, (-side, -after, -against, first)
    pace = min(pace + first, most) if favour > extreme else pace
    extreme = max(extreme, favour)
    # Wilder: the stop never enters the range of the last two bars.
    after = min(stop + pace * (extreme - stop), against_before, against)
    return side * stop, (side, after, extreme, pace)


@compiled
def _psar(state: State, params: Params, bars: Series, rows: Floats) -> None:
    highs, lows, out = bars[0], bars[1], rows[0]
    seen, high, low = state[_SEEN], state[_HIGH], state[_LOW]
    position = state[_SIDE], state[_STOP], state[_EXTREME], state[_PACE]
    for t in range(len(out)):
        high, low, high_before, low_before = highs[t], lows[t], high, low
        if seen == 0.0:
            out[t], seen = NAN, 1.0
            continue
        if seen == 1.0:
            position = _begin(params[0], (high_before, high), (low_before, low))
            # As TA-Lib: the first step is held back by its own bar alone.
            seen, high_before, low_before = 2.0, high, low
        out[t], position = _next(params, position, (high_before, high), (low_before, low))
    state[_SEEN], state[_HIGH], state[_LOW] = seen, high, low
    state[_SIDE], state[_STOP], state[_EXTREME], state[_PACE] = position


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
