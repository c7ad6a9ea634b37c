"""What a chart is drawn of: lines, and the scales that place them."""

import math
from dataclasses import dataclass

from market.arrays import Floats


@dataclass(frozen=True, eq=False)
class Line:
    """One series (n,); `css` is its class, `fill` closes its area to the top of the chart."""

    name: str
    values: Floats
    css: str
    fill: bool = False


@dataclass(frozen=True)
class Scale:
    """Where a value lies on the picture; `log`: equal ratios are equally far apart."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        low, high, at = (
            math.log(number) if self.log else number for number in (self.low, self.high, value)
        )
        share = (at - low) / (high - low) if high > low else 0.5
        return self.start + share * (self.end - self.start)
