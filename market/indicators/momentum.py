"""Change of the close over ``window`` bars, in percent and in price."""

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.indicator import Definition, Parameter, Params, Window
from market.indicators.kernels import ratio


@compiled
def _roc(params: Params, bars: Floats, rows: Floats) -> None:
    window, close, out = int(params[0]), bars[0], rows[0]
    for t in range(window, len(close)):
        out[t] = (ratio(close[t], close[t - window]) - 1.0) * 100.0


@compiled
def _mom(params: Params, bars: Floats, rows: Floats) -> None:
    window, close, out = int(params[0]), bars[0], rows[0]
    for t in range(window, len(close)):
        out[t] = close[t] - close[t - window]


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
