"""Change of the close over ``window`` bars, in percent and in price."""

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.core.indicator import Definition
from market.indicators.core.kernels import Params, Series, State, blank, ratio, whole
from market.indicators.core.mechanisms import Window
from market.parameters import Parameter


@compiled
def _roc(_state: State, params: Params, bars: Series, rows: Floats) -> None:
    window, before = int(params[0]), bars[0]
    close, out = before[window:], rows[0, window:]
    blank(rows[0], window)
    for t in range(len(out)):
        out[t] = whole((ratio(close[t], before[t]) - 1.0) * 100.0)


@compiled
def _mom(_state: State, params: Params, bars: Series, rows: Floats) -> None:
    window, before = int(params[0]), bars[0]
    close, out = before[window:], rows[0, window:]
    blank(rows[0], window)
    for t in range(len(out)):
        out[t] = close[t] - before[t]


_WINDOW = (Parameter("window", default=10, low=1, high=1000),)

ROC = Definition(
    name="roc",
    description="Rate of change: the return over window bars, in percent",
    inputs=("close",),
    columns=("roc",),
    degrees=(0,),
    parameters=_WINDOW,
    mechanism=Window(lambda window: window + 1, _roc),
)
MOM = Definition(
    name="mom",
    description="Momentum: the close minus the close window bars before",
    inputs=("close",),
    columns=("mom",),
    degrees=(1,),
    parameters=_WINDOW,
    mechanism=Window(lambda window: window + 1, _mom),
)
