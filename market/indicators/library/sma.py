"""Simple moving average: the mean of the last ``window`` closes."""

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.core.indicator import Definition
from market.indicators.core.kernels import Params, Series, State, beside
from market.indicators.core.mechanisms import Window
from market.indicators.core.sums import rolling_mean
from market.parameters import Parameter


@compiled
def _sma(_state: State, params: Params, bars: Series, rows: Floats) -> None:
    """Each window is summed anew.

    A running sum would keep the rounding errors of all bars before, so that the value depended on
    where the series began.
    """
    close, window, out = bars[0], int(params[0]), rows[0]
    rolling_mean(close, window, out)
    beside(out, close, params[0])


SMA = Definition(
    name="sma",
    description="Simple moving average of the close",
    inputs=("close",),
    columns=("sma",),
    degrees=(1,),
    parameters=(Parameter("window", default=20, low=2, high=1000),),
    mechanism=Window(lambda window: window, _sma),
)
