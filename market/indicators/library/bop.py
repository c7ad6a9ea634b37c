"""Balance of power (Livshin 2001): how much of a bar's range its move from open to close took."""

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.core.indicator import Definition
from market.indicators.core.kernels import Params, Series, State, ratio
from market.indicators.core.mechanisms import Window


@compiled
def _bop(_state: State, _params: Params, bars: Series, rows: Floats) -> None:
    opened, high, low, close = bars
    out = rows[0]
    for t in range(len(out)):
        out[t] = ratio(close[t] - opened[t], high[t] - low[t])


BOP = Definition(
    name="bop",
    description="Balance of power, -1 to 1: close minus open, by the bar's range",
    inputs=("open", "high", "low", "close"),
    columns=("bop",),
    degrees=(0,),
    parameters=(),
    mechanism=Window(lambda: 1, _bop),
)
