"""Slope of the least-squares line through the last ``window`` closes."""

import numpy as np

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.indicator import Definition, Parameter, Params, Window


@compiled
def _slope(params: Params, bars: Floats, rows: Floats) -> None:
    window, close = int(params[0]), bars[0]
    count = len(close) - window + 1
    if count <= 0:
        return
    total, middle = np.zeros(count), (window - 1) / 2.0
    for k in range(window):
        part = close[k : k + count]
        for t in range(count):
            total[t] += (k - middle) * part[t]
    spread = window * (window * window - 1.0) / 12.0
    for t in range(count):
        rows[0, window - 1 + t] = total[t] / spread


SLOPE = Definition(
    name="slope",
    description="Regression slope of the close, in price per bar",
    inputs=("close",),
    columns=("slope",),
    degrees=(1,),
    parameters=(Parameter("window", default=14, low=2, high=1000),),
    mechanism=Window(lambda window: window, _slope),
)
