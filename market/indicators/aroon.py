"""Aroon (Chande 1995): how long ago the highest high and the lowest low were."""

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.indicator import Definition, Parameter, Params, Window


@compiled
def _aroon(params: Params, bars: Floats, rows: Floats) -> None:
    """Among equal extremes the newest counts. Each is searched anew only once it has left."""
    window, high, low = int(params[0]), bars[0], bars[1]
    top = bottom = -1
    for t in range(window, len(high)):
        if top < t - window:
            top = t - window
            for k in range(t - window + 1, t + 1):
                top = k if high[k] >= high[top] else top
        elif high[t] >= high[top]:
            top = t
        if bottom < t - window:
            bottom = t - window
            for k in range(t - window + 1, t + 1):
                bottom = k if low[k] <= low[bottom] else bottom
        elif low[t] <= low[bottom]:
            bottom = t
        rows[0, t] = 100.0 * (window - (t - bottom)) / window
        rows[1, t] = 100.0 * (window - (t - top)) / window


AROON = Definition(
    name="aroon",
    description="Age of the lowest low and of the highest high: 100 is now, 0 is window bars ago",
    inputs=("high", "low"),
    columns=("down", "up"),
    degrees=(0, 0),
    parameters=(Parameter("window", default=14, low=2, high=1000),),
    mechanism=Window(lambda window: window + 1, _aroon),
)
