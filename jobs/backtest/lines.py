"""What a chart is drawn of."""

from dataclasses import dataclass

from market.arrays import Floats


@dataclass(frozen=True, eq=False)
class Line:
    """One series (n,); `css` is its class, `fill` closes its area to the top of the chart."""

    name: str
    values: Floats
    css: str
    fill: bool = False
