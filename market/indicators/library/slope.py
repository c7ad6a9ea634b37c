"""Slope of the least-squares line through the last ``window`` closes."""

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.core.indicator import Definition
from market.indicators.core.kernels import Params, Series, State, apart, blank
from market.indicators.core.mechanisms import Window
from market.indicators.core.sums import rolling_tilt
from market.parameters import Parameter


@compiled
def _slope(_state: State, params: Params, bars: Series, rows: Floats) -> None:
    close, window, out = bars[0], int(params[0]), rows[0]
    _, tilt = rolling_tilt(close, window)
    # The sum of squared distances in bars from the middle of the window.
    spread = window * (window * window - 1.0) / 12.0
    blank(out, window - 1)
    for t in range(len(out) - window + 1):
        # A tilt is a sum of closes times distances, which add up to a quarter of the squared window.
        reach = close[window - 1 + t] * (window * window)
        out[window - 1 + t] = apart(tilt[t], 0.0, reach) / spread


SLOPE = Definition(
    name="slope",
    description="Regression slope of the close, in price per bar",
    inputs=("close",),
    columns=("slope",),
    degrees=(1,),
    parameters=(Parameter("window", default=14, low=2, high=1000),),
    mechanism=Window(lambda window: window, _slope),
)
