"""Moving average convergence divergence (Appel): a fast minus a slow mean, and its own mean."""

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.core.indicator import Definition, Parameter
from market.indicators.core.kernels import NAN, Bars, Params, State, smoothed, toward
from market.indicators.core.mechanisms import Recursion
from market.indicators.core.over import quarters


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


Means = tuple[float, float, float]
"""Fast, slow and signal; or the paces of these."""


@compiled
def _next(means: Means, close: float, paces: Means, rows: Floats, t: int) -> Means:
    """The means after one more bar of a series that is warm; writes its row."""
    fast, slow = toward(means[0], close, paces[0]), toward(means[1], close, paces[1])
    mean = toward(means[2], fast - slow, paces[2])
    rows[0, t], rows[1, t], rows[2, t] = fast - slow, mean, fast - slow - mean
    return fast, slow, mean


@compiled
def _macd_of_four(
    states: Floats, params: Params, fields: Bars, span: tuple[int, int], rows: Floats
) -> None:
    paces = 2.0 / (params[0] + 1.0), 2.0 / (params[1] + 1.0), 2.0 / (params[2] + 1.0)
    n, head, s = rows.shape[2], span[1], states
    w, x, y, z = quarters(fields[0], span, n)
    a, b = (s[0, 2], s[0, 4], s[0, 6]), (s[1, 2], s[1, 4], s[1, 6])
    c, d = (s[2, 2], s[2, 4], s[2, 6]), (s[3, 2], s[3, 4], s[3, 6])
    for t in range(n - head):
        a, b = _next(a, w[t], paces, rows[0], head + t), _next(b, x[t], paces, rows[1], head + t)
        c, d = _next(c, y[t], paces, rows[2], head + t), _next(d, z[t], paces, rows[3], head + t)


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
    mechanism=Recursion(
        lambda _f, _s, _g: 7, lambda _, slow, signal: slow - 1 + signal - 1, _macd, _macd_of_four
    ),
    rising=("fast", "slow"),
)
