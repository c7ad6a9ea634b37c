"""Rolling standard deviation (population), and Bollinger's bands about the mean."""

import numpy as np

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.core.indicator import Definition
from market.indicators.core.kernels import Params, Series, State, mean_beside
from market.indicators.core.mechanisms import Window
from market.indicators.core.sums import rolling_deviation, rolling_mean
from market.parameters import Parameter


@compiled
def _stddev(_state: State, params: Params, bars: Series, rows: Floats) -> None:
    """Two passes: the mean of squares minus the squared mean loses digits at high prices."""
    close, window, out = bars[0], int(params[0]), rows[0]
    mean = np.empty(len(close))
    rolling_mean(close, window, mean)
    rolling_deviation(close, window, mean, out)


@compiled
def _bbands(_state: State, params: Params, bars: Series, rows: Floats) -> None:
    close, window, width = bars[0], int(params[0]), params[1]
    upper, middle, lower = rows[0], rows[1], rows[2]
    rolling_mean(close, window, middle)
    rolling_deviation(close, window, middle, upper)
    for t in range(len(middle)):
        # ``upper`` holds the deviation until its own value takes its place.
        mean, reach = mean_beside(middle[t], close[t], params[0]), width * upper[t]
        upper[t], middle[t], lower[t] = mean + reach, mean, mean - reach


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
