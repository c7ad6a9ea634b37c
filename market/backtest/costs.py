"""What trading costs: basis points on the notional of every fill, both ways."""

import math
from dataclasses import dataclass

from market.errors import BadParameter

MOST_BPS = 1_000.0


@dataclass(frozen=True)
class Costs:
    """Commission and slippage, in basis points (1/10,000) of traded notional.

    Both are charged to cash at the fill; the fill price itself stays the market's. Each is from 0
    to 1,000, else `BadParameter`.
    """

    commission_bps: float = 2.0
    slippage_bps: float = 3.0

    def __post_init__(self) -> None:
        for name in ("commission_bps", "slippage_bps"):
            value = getattr(self, name)
            if not (math.isfinite(value) and 0 <= value <= MOST_BPS):
                message = f"{name}={value!r}: expected a number from 0 to {MOST_BPS:g}"
                raise BadParameter(message, parameter=name)

    @property
    def rate(self) -> float:
        """Cost as a share of traded notional."""
        return (self.commission_bps + self.slippage_bps) / 10_000
