"""Moving average convergence divergence (Appel): a fast minus a slow mean, and its own mean."""

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.indicator import Definition, Parameter
from market.indicators.kernels import NAN, Bars, Params, State, smoothed
from market.indicators.mechanisms import Recursion


@compiled
def _macd(state: State, params: Params, bars: Bars, rows: Floats) -> None:
    """As TA-Lib, the fast mean starts late, so that both means have their first value together.

    State: the bars that the fast mean has passed over, then the three means.
    """
    fast, slow, signal, close = int(params[0]), int(params[1]), int(params[2]), bars[0]
    quick, slowly, pace = 2.0 / (fast + 1.0), 2.0 / (slow + 1.0), 2.0 / (signal + 1.0)
    skipped, seen_fast, mean_fast = state[0], state[1], state[2]
    seen_slow, mean_slow, seen, mean = state[3], state[4], state[5], state[6]
    line, middle, bar = rows[0], rows[1], rows[2]
    for t in range(len(close)):
        if skipped < slow - fast:
            skipped += 1.0
        else:
            seen_fast, mean_fast = smoothed(seen_fast, mean_fast, close[t], fast, quick)
        seen_slow, mean_slow = smoothed(seen_slow, mean_slow, close[t], slow, slowly)
        apart = mean_fast - mean_slow
        if seen_slow == slow:
            seen, mean = smoothed(seen, mean, apart, signal, pace)
        if seen == signal:
            line[t], middle[t], bar[t] = apart, mean, apart - mean
        else:
            line[t] = middle[t] = bar[t] = NAN
    state[0], state[1], state[2] = skipped, seen_fast, mean_fast
    state[3], state[4], state[5], state[6] = seen_slow, mean_slow, seen, mean


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
