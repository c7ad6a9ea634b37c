"""Running totals of volume: on-balance volume, accumulation/distribution, Chaikin's oscillator."""

import numpy as np

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.core.indicator import Definition
from market.indicators.core.kernels import NAN, Params, Series, State, apart, faded
from market.indicators.core.mechanisms import Recursion
from market.parameters import Parameter

# State of on-balance volume: whether there was a bar, its close, the total.
_SEEN, _LAST, _OBV, _SIZE_OF_OBV = 0, 1, 2, 3
# Of accumulation/distribution: the total alone.
_AD, _SIZE_OF_AD = 0, 1
# Of Chaikin's: bars seen (up to slow), the total, both means of it.
_BARS, _TOTAL, _FAST, _SLOW, _SIZE_OF_CHAIKIN = 0, 1, 2, 3, 4


@compiled
def money_flow(high: float, low: float, close: float, volume: float) -> float:
    """Volume times the place of the close in the range, from -1 to 1; 0 without a range.

    Less than 1e-100 is no range: where the close lies outside of it the quotient would overflow.
    """
    wide = high - low
    return apart(close - low, high - close, high) / wide * volume if wide > 1e-100 else 0.0


@compiled
def _obv(state: State, _params: Params, bars: Series, rows: Floats) -> None:
    """The total begins with the first volume."""
    closes, volumes, out = bars[0], bars[1], rows[0]
    seen, last, total = state[_SEEN], state[_LAST], state[_OBV]
    for t in range(len(out)):
        close, volume = closes[t], volumes[t]
        fallen = -volume if close < last else 0.0
        total += volume if close > last or seen == 0.0 else fallen
        seen, last, out[t] = 1.0, close, total
    state[_SEEN], state[_LAST], state[_OBV] = seen, last, total


@compiled
def money_flows(bars: Series, out: Floats) -> None:
    """``money_flow`` of each bar of (high, low, close, volume)."""
    high, low, close, volume = bars[0], bars[1], bars[2], bars[3]
    for t in range(len(out)):
        out[t] = money_flow(high[t], low[t], close[t], volume[t])


@compiled
def _ad(state: State, _params: Params, bars: Series, rows: Floats) -> None:
    out, total = rows[0], state[_AD]
    money_flows(bars, out)
    for t in range(len(out)):
        total += out[t]
        out[t] = total
    state[_AD] = total


@compiled
def _chaikin(state: State, params: Params, bars: Series, rows: Floats) -> None:
    """The means start at the first total."""
    out, seen, total = rows[0], state[_BARS], state[_TOTAL]
    fast, slow, slows = state[_FAST], state[_SLOW], np.empty(len(out))
    quick, slowly, window = 2.0 / (params[0] + 1.0), 2.0 / (params[1] + 1.0), params[1]
    money_flows(bars, out)
    for t in range(len(out)):
        total += out[t]
        if seen > 0.0:
            fast, slow = faded(fast, total, quick), faded(slow, total, slowly)
        else:
            # Both begin at the first total, so that their difference begins at 0.
            fast, slow = total, total
        seen = seen + 1.0 if seen < window else window
        out[t], slows[t] = fast - slow if seen == window else NAN, slow
    for t in range(len(out)):
        out[t] = apart(out[t], 0.0, window * slows[t])
    state[_BARS], state[_TOTAL], state[_FAST], state[_SLOW] = seen, total, fast, slow


_INPUTS = ("high", "low", "close", "volume")

OBV = Definition(
    name="obv",
    description="On-balance volume: volume added when the close rises, taken off when it falls",
    inputs=("close", "volume"),
    columns=("obv",),
    degrees=(None,),
    parameters=(),
    mechanism=Recursion(lambda: _SIZE_OF_OBV, lambda: 0, _obv),
)
AD = Definition(
    name="ad",
    description="Accumulation/distribution: running total of volume times the close's place",
    inputs=_INPUTS,
    columns=("ad",),
    degrees=(None,),
    parameters=(),
    mechanism=Recursion(lambda: _SIZE_OF_AD, lambda: 0, _ad),
)
CHAIKIN = Definition(
    name="chaikin",
    description="Chaikin's oscillator: fast EMA minus slow EMA of accumulation/distribution",
    inputs=_INPUTS,
    columns=("chaikin",),
    degrees=(None,),
    parameters=(
        Parameter("fast", default=3, low=2, high=1000),
        Parameter("slow", default=10, low=3, high=1000),
    ),
    mechanism=Recursion(lambda _f, _s: _SIZE_OF_CHAIKIN, lambda _, slow: slow - 1, _chaikin),
    rising=("fast", "slow"),
)
