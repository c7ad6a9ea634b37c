"""Moving average convergence divergence (Appel): a fast minus a slow mean, and its own mean."""

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.core.indicator import Definition
from market.indicators.core.kernels import NAN, Params, Series, State, apart, smoothed, toward
from market.indicators.core.mechanisms import Recursion
from market.indicators.core.over import quarters
from market.parameters import Parameter

# State: bars that the fast mean has passed over; then of the fast mean, of the slow one and of the
# signal the values seen (up to the window), and the sum until warm, the mean from then on.
_SKIPPED, _SEEN_FAST, _FAST, _SEEN_SLOW, _SLOW, _SEEN_SIGNAL, _SIGNAL, _SIZE = range(8)
_LINE, _MEAN, _BAR = 0, 1, 2  # rows of values


@compiled
def _macd(state: State, params: Params, bars: Series, rows: Floats) -> None:
    """As TA-Lib, the fast mean starts late, so that both means have their first value together."""
    fast, slow, signal, close = int(params[0]), int(params[1]), int(params[2]), bars[0]
    quick, slowly, pace = 2.0 / (fast + 1.0), 2.0 / (slow + 1.0), 2.0 / (signal + 1.0)
    skipped, seen_fast, mean_fast = state[_SKIPPED], state[_SEEN_FAST], state[_FAST]
    seen_slow, mean_slow = state[_SEEN_SLOW], state[_SLOW]
    seen, mean = state[_SEEN_SIGNAL], state[_SIGNAL]
    line, middle, bar = rows[_LINE], rows[_MEAN], rows[_BAR]
    for t in range(len(close)):
        if skipped < slow - fast:
            skipped += 1.0
        else:
            seen_fast, mean_fast = smoothed(seen_fast, mean_fast, close[t], fast, quick)
        seen_slow, mean_slow = smoothed(seen_slow, mean_slow, close[t], slow, slowly)
        # Until the slow mean is warm both are sums: nobody reads this then.
        distance = mean_fast - mean_slow
        if seen_slow == slow:
            seen, mean = smoothed(seen, mean, distance, signal, pace)
        if seen == signal:
            line[t], middle[t], bar[t] = distance, mean, distance - mean
        else:
            line[t] = middle[t] = bar[t] = NAN
    state[_SKIPPED], state[_SEEN_FAST], state[_FAST] = skipped, seen_fast, mean_fast
    state[_SEEN_SLOW], state[_SLOW] = seen_slow, mean_slow
    state[_SEEN_SIGNAL], state[_SIGNAL] = seen, mean
    _level(line, middle, bar, close, params[1])


@compiled
def _level(line: Floats, mean: Floats, bar: Floats, close: Floats, window: float) -> None:
    """Means of prices that differ by rounding alone are level: none of the three has a sign."""
    for t in range(len(close)):
        size = window * close[t]
        bar[t] = apart(bar[t], 0.0, size)
        line[t], mean[t] = apart(line[t], 0.0, size), apart(mean[t], 0.0, size)


MacdMeans = tuple[float, float, float]
"""Fast, slow and signal; or the paces of these."""


@compiled
def _next(means: MacdMeans, close: float, paces: MacdMeans, rows: Floats, t: int) -> MacdMeans:
    """The means after one more bar of a series that is warm; writes its row."""
    (fast, slow, mean), (quick, slowly, pace) = means, paces
    fast, slow = toward(fast, close, quick), toward(slow, close, slowly)
    mean = toward(mean, fast - slow, pace)
    rows[_LINE, t], rows[_MEAN, t], rows[_BAR, t] = fast - slow, mean, fast - slow - mean
    return fast, slow, mean


@compiled
def _means(state: State) -> MacdMeans:
    return state[_FAST], state[_SLOW], state[_SIGNAL]


@compiled
def _macd_of_four(
    states: Floats, params: Params, fields: Series, span: tuple[int, int], rows: Floats
) -> None:
    """``_macd`` for four warm series at once, with the same bits."""
    fast, slow, signal = params[0], params[1], params[2]
    paces = 2.0 / (fast + 1.0), 2.0 / (slow + 1.0), 2.0 / (signal + 1.0)
    n, (_, head) = rows.shape[2], span
    w, x, y, z = quarters(fields[0], span, n)
    a, b, c, d = _means(states[0]), _means(states[1]), _means(states[2]), _means(states[3])
    for t in range(n - head):
        a, b = _next(a, w[t], paces, rows[0], head + t), _next(b, x[t], paces, rows[1], head + t)
        c, d = _next(c, y[t], paces, rows[2], head + t), _next(d, z[t], paces, rows[3], head + t)
    for lane, close in enumerate((w, x, y, z)):
        line, mean, bar = rows[lane, _LINE], rows[lane, _MEAN], rows[lane, _BAR]
        _level(line[head:], mean[head:], bar[head:], close, slow)


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
        lambda _f, _s, _g: _SIZE,
        lambda _, slow, signal: slow - 1 + signal - 1,
        _macd,
        _macd_of_four,
    ),
    rising=("fast", "slow"),
)
