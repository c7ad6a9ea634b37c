"""A trend follower that leaves by a trailing stop on closes."""

from market.arrays import Floats
from market.strategies.core.base import Strategy
from market.strategies.core.parameters import Float, Int


class TrailingExit(Strategy):
    """Long above the mean, until the close is `fall` below the highest close since entry.

    The mean is of `window` sessions; `fall` is a share of that highest close, 0.1 for 10 %. After
    an exit it waits until the close has been at or below the mean once more: else it would buy back
    what it has just sold.
    """

    name = "trailing-exit"
    window = Int(100, 10, 250)
    fall = Float(0.1, 0.01, 0.5)
    inputs = "close", "sma:{window}"
    # held (1 or 0), highest close since entry, waiting for the mean (1 or 0)
    state_size = 3

    @staticmethod
    def step(s: Floats, x: Floats, p: Floats) -> float:
        if s[0] == 1.0:
            s[1] = max(s[1], x[0])
            if x[0] <= s[1] * (1.0 - p[1]):
                s[0], s[2] = 0.0, 1.0
        # The mean of one price is off by its last digits: that is not above it.
        if x[0] <= x[1] * (1.0 + 1e-12):
            s[2] = 0.0
        elif s[0] == 0.0 and s[2] == 0.0:
            s[0], s[1] = 1.0, x[0]
        return float(s[0])
