"""Buying below the lower band, selling at the mean."""

from market.arrays import Floats
from market.strategies.core.base import Strategy
from market.strategies.core.parameters import Float, Int

_HELD = 0  # state: 1 while long


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
        close, mean, spread, width = x[0], x[1], x[2], p[1]
        # The mean of one price is off by its last digits: so far the close is at it.
        if close >= mean * (1.0 - 1e-12):
            s[_HELD] = 0.0
        elif close < mean - width * spread:
            s[_HELD] = 1.0
        return float(s[_HELD])
