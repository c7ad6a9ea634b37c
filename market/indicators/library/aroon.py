"""Aroon (Chande 1995): how long ago the highest high and the lowest low were."""

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.core.indicator import Definition
from market.indicators.core.kernels import Params, Series, State, blank
from market.indicators.core.mechanisms import Window
from market.parameters import Parameter


@compiled
def _newness(x: Floats, window: int, out: Floats) -> None:
    """How new the highest of the last window + 1 values is, 100 (now) to 0; of equals the newest.

    It is searched anew only once it has left.
    """
    top = -1
    blank(out, window)
    for t in range(window, len(x)):
        if top < t - window:
            top = t - window
            for k in range(t - window + 1, t + 1):
                top = k if x[k] >= x[top] else top
        elif x[t] >= x[top]:
            top = t
        out[t] = 100.0 * (window - (t - top)) / window


@compiled
def _aroon(_state: State, params: Params, bars: Series, rows: Floats) -> None:
    high, low, window = bars[0], bars[1], int(params[0])
    down, up = rows[0], rows[1]
    # The lowest low is the highest of the mirror image.
    _newness(-low, window, down)
    _newness(high, window, up)


AROON = Definition(
    name="aroon",
    description="Age of the lowest low and of the highest high: 100 is now, 0 is window bars ago",
    inputs=("high", "low"),
    columns=("down", "up"),
    degrees=(0, 0),
    parameters=(Parameter("window", default=14, low=2, high=1000),),
    mechanism=Window(lambda window: window + 1, _aroon),
)
