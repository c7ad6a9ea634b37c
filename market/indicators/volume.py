"""Running totals of volume: on-balance volume, accumulation/distribution, Chaikin's oscillator."""

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.indicator import Definition, Parameter, Params, Recursion, State


@compiled
def money_flow(high: float, low: float, close: float, volume: float) -> float:
    """Volume times the place of the close in the range, from -1 to 1; 0 without a range."""
    wide = high - low
    return ((close - low) - (high - close)) / wide * volume if wide > 0.0 else 0.0


@compiled
def _obv(state: State, _params: Params, bars: Floats, rows: Floats) -> None:
    """State: whether there was a bar, its close, the total. It begins with the first volume."""
    total, last, seen = state[2], state[1], state[0]
    for t in range(bars.shape[1]):
        close, volume = bars[0, t], bars[1, t]
        if seen == 0.0 or close > last:
            total += volume
        elif close < last:
            total -= volume
        seen, last = 1.0, close
        rows[0, t] = total
    state[0], state[1], state[2] = seen, last, total


@compiled
def _ad(state: State, _params: Params, bars: Floats, rows: Floats) -> None:
    total = state[0]
    for t in range(bars.shape[1]):
        total += money_flow(bars[0, t], bars[1, t], bars[2, t], bars[3, t])
        rows[0, t] = total
    state[0] = total


@compiled
def _chaikin(state: State, params: Params, bars: Floats, rows: Floats) -> None:
    """State: bars seen (up to slow), the total, both means. The means start at the first total."""
    seen, total, fast, slow = state[0], state[1], state[2], state[3]
    quick, slowly = 2.0 / (params[0] + 1.0), 2.0 / (params[1] + 1.0)
    for t in range(bars.shape[1]):
        total += money_flow(bars[0, t], bars[1, t], bars[2, t], bars[3, t])
        if seen == 0.0:
            fast = slow = total
        else:
            fast = quick * total + (1.0 - quick) * fast
            slow = slowly * total + (1.0 - slowly) * slow
        seen = min(seen + 1.0, params[1])
        if seen == params[1]:
            rows[0, t] = fast - slow
    state[0], state[1], state[2], state[3] = seen, total, fast, slow


_INPUTS = ("high", "low", "close", "volume")

OBV = Definition(
    name="obv",
    description="On-balance volume: volume added when the close rises, taken off when it falls",
    inputs=("close", "volume"),
    columns=("obv",),
    degrees=(0,),
    parameters=(),
    mechanism=Recursion(lambda: 3, lambda: 0, _obv),
)
AD = Definition(
    name="ad",
    description="Accumulation/distribution: running total of volume times the close's place",
    inputs=_INPUTS,
    columns=("ad",),
    degrees=(0,),
    parameters=(),
    mechanism=Recursion(lambda: 1, lambda: 0, _ad),
)
CHAIKIN = Definition(
    name="chaikin",
    description="Chaikin's oscillator: fast EMA minus slow EMA of accumulation/distribution",
    inputs=_INPUTS,
    columns=("chaikin",),
    degrees=(0,),
    parameters=(
        Parameter("fast", default=3, low=2, high=1000),
        Parameter("slow", default=10, low=3, high=1000),
    ),
    mechanism=Recursion(lambda _f, _s: 4, lambda _, slow: slow - 1, _chaikin),
    rising=("fast", "slow"),
)
