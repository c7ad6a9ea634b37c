"""Simple moving average: the mean of the last ``window`` closes."""

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.core.indicator import Definition, Parameter
from market.indicators.core.kernels import Bars, Params, State
from market.indicators.core.mechanisms import Window
from market.indicators.core.sums import rolling_mean


@compiled
def _sma(_state: State, params: Params, bars: Bars, rows: Floats) -> None:
    """Each window is summed anew.

    A running sum would keep the rounding errors of all bars before, so that the value depended on
    where the series began.
    """
    rolling_mean(bars[0], int(params[0]), rows[0])


SMA = Definition(
    name="sma",
    description="Simple moving average of the close",
    inputs=("close",),
    columns=("sma",),
    degrees=(1,),
    parameters=(Parameter("window", default=20, low=2, high=1000),),
    mechanism=Window(lambda window: window, _sma),
)
