"""Buying below the lower band, selling at the mean."""

from market.arrays import Floats
from market.strategies.core.base import Strategy
from market.strategies.core.parameters import Float, Int


class BollingerReversion(Strategy):
    """Long once the close is below the lower band, until it is at the mean.

    The mean is of `window` sessions, the band `width` standard deviations (ddof 0) below it.
    """

    name = "bollinger-reversion"
    window = Int(20, 5, 120)
    width = Float(2.0, 0.5, 4.0)
    inputs = "close", "sma:{window}", "stddev:{window}"
    state_size = 1

    @staticmethod
    def step(s: Floats, x: Floats, p: Floats) -> float:
        # The mean of one price is off by its last digits: so far the close is at it.
        if x[0] >= x[1] * (1.0 - 1e-12):
            s[0] = 0.0
        elif x[0] < x[1] - p[1] * x[2]:
            s[0] = 1.0
        return float(s[0])
