"""Rolling standard deviation (population), and Bollinger's bands about the mean."""

import numpy as np

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.core.indicator import Definition, Parameter
from market.indicators.core.kernels import Bars, Params, State
from market.indicators.core.mechanisms import Window
from market.indicators.core.sums import rolling_deviation, rolling_mean


@compiled
def _stddev(_state: State, params: Params, bars: Bars, rows: Floats) -> None:
    """Two passes: the mean of squares minus the squared mean loses digits at high prices."""
    mean = np.empty(len(bars[0]))
    rolling_mean(bars[0], int(params[0]), mean)
    rolling_deviation(bars[0], int(params[0]), mean, rows[0])


@compiled
def _bbands(_state: State, params: Params, bars: Bars, rows: Floats) -> None:
    width, upper, middle, lower = params[1], rows[0], rows[1], rows[2]
    rolling_mean(bars[0], int(params[0]), middle)
    rolling_deviation(bars[0], int(params[0]), middle, upper)
    for t in range(len(middle)):
        mean, reach = middle[t], width * upper[t]
        upper[t], lower[t] = mean + reach, mean - reach


_WINDOW = Parameter("window", default=20, low=2, high=1000)

STDDEV = Definition(
    name="stddev",
    description="Standard deviation of the close (ddof 0)",
    inputs=("close",),
    columns=("stddev",),
    degrees=(1,),
    parameters=(_WINDOW,),
    mechanism=Window(lambda window: window, _stddev),
)
BBANDS = Definition(
    name="bbands",
    description="Bollinger bands: mean of the close plus and minus standard deviations (ddof 0)",
    inputs=("close",),
    columns=("upper", "middle", "lower"),
    degrees=(1, 1, 1),
    parameters=(_WINDOW, Parameter("width", default=2.0, low=0.1, high=10, whole=False)),
    mechanism=Window(lambda window, _: window, _bbands),
)
