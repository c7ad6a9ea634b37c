"""True range and its mean with Wilder's smoothing (1978), in price and in percent of the close."""

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.core.indicator import Definition
from market.indicators.core.kernels import (
    NAN,
    Params,
    Series,
    State,
    blank,
    faded,
    ratio,
    true_range,
    wilder,
)
from market.indicators.core.mechanisms import Recursion, Window
from market.parameters import Parameter

# State of a mean true range: whether there was a bar, its close, ranges seen (up to the window),
# and their sum until warm, their smoothed mean from then on.
_THERE, _LAST, _SEEN, _MEAN, _SIZE = 0, 1, 2, 3, 4


@compiled
def _ranges(high: Floats, low: Floats, before: Floats, out: Floats) -> None:
    """True ranges of bars whose closes before are ``before``."""
    for t in range(len(out)):
        out[t] = true_range(high[t], low[t], before[t])


@compiled
def _trange(_state: State, _params: Params, bars: Series, rows: Floats) -> None:
    high, low, close, out = bars[0], bars[1], bars[2], rows[0]
    blank(out, 1)
    _ranges(high[1:], low[1:], close, out[1:])


@compiled
def mean_ranges(state: State, window: int, bars: Series, out: Floats) -> None:
    """Wilder's means of the true ranges of (high, low, close); the first bar of all has none.

    Once warm, a bar needs only the close before it, which stands in the series: the second loop
    carries nothing but the mean from step to step.
    """
    high, low, close, pace, t = bars[0], bars[1], bars[2], 1.0 / window, 0
    there, last, seen, mean = state[_THERE], state[_LAST], state[_SEEN], state[_MEAN]
    while t < len(out) and seen < window:
        if there > 0.0:
            seen, mean = wilder(seen, mean, true_range(high[t], low[t], last), window, pace)
        there, last, out[t] = 1.0, close[t], mean if seen == window else NAN
        t += 1
    if t < len(out):
        mean = faded(mean, true_range(high[t], low[t], last), pace)
        out[t], last = mean, close[len(out) - 1]
        later, top, bottom = out[t + 1 :], high[t + 1 :], low[t + 1 :]
        before = close[t:]
        for now in range(len(later)):
            mean = faded(mean, true_range(top[now], bottom[now], before[now]), pace)
            later[now] = mean
    state[_THERE], state[_LAST], state[_SEEN], state[_MEAN] = there, last, seen, mean


@compiled
def _atr(state: State, params: Params, bars: Series, rows: Floats) -> None:
    window, out = int(params[0]), rows[0]
    mean_ranges(state, window, bars, out)


@compiled
def _atr_of_four(
    states: Floats, params: Params, fields: Series, span: tuple[int, int], rows: Floats
) -> None:
    """``_atr`` for four warm series at once, with the same bits.

    The ranges depend on no mean, so each lane's are written first, into its own row.
    """
    (first, head), n, pace = span, rows.shape[2], 1.0 / params[0]
    high, low, close = fields[0], fields[1], fields[2]
    for lane in range(4):
        # A head is never empty, so the close before lies in the same series.
        start, end = first + lane * n + head, first + lane * n + n
        _ranges(high[start:end], low[start:end], close[start - 1 : end], rows[lane, 0, head:])
    w, x, y, z = rows[0, 0, head:], rows[1, 0, head:], rows[2, 0, head:], rows[3, 0, head:]
    a, b, c, d = states[0, _MEAN], states[1, _MEAN], states[2, _MEAN], states[3, _MEAN]
    for t in range(n - head):
        a, b = faded(a, w[t], pace), faded(b, x[t], pace)
        c, d = faded(c, y[t], pace), faded(d, z[t], pace)
        w[t], x[t], y[t], z[t] = a, b, c, d


@compiled
def _natr(state: State, params: Params, bars: Series, rows: Floats) -> None:
    out, close = rows[0], bars[2]
    mean_ranges(state, int(params[0]), bars, out)
    for t in range(len(out)):
        out[t] = 100.0 * ratio(out[t], close[t])


_INPUTS = ("high", "low", "close")
_WINDOW = (Parameter("window", default=14, low=2, high=1000),)

TRANGE = Definition(
    name="trange",
    description="True range: the bar's range, stretched to the close before",
    inputs=_INPUTS,
    columns=("trange",),
    degrees=(1,),
    parameters=(),
    mechanism=Window(lambda: 2, _trange),
)
ATR = Definition(
    name="atr",
    description="Average true range with Wilder's smoothing",
    inputs=_INPUTS,
    columns=("atr",),
    degrees=(1,),
    parameters=_WINDOW,
    mechanism=Recursion(lambda _: _SIZE, lambda window: window, _atr, _atr_of_four),
)
NATR = Definition(
    name="natr",
    description="Average true range in percent of the close",
    inputs=_INPUTS,
    columns=("natr",),
    degrees=(0,),
    parameters=_WINDOW,
    mechanism=Recursion(lambda _: _SIZE, lambda window: window, _natr),
)
