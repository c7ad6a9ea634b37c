"""A trend follower whose stop hangs from its highest high by a multiple of the true range."""

from market.arrays import Floats
from market.strategies.core.base import Strategy
from market.strategies.core.parameters import Float, Int


class ChandelierExit(Strategy):
    """Long above the mean, until the close is `width` true ranges below the high since entry.

    The mean is of `window` closes; the true range is the ATR of `span` sessions, at this close
    (LeBeau's exit: Elder 2002). The high counts from the session after the one that decided to buy,
    whose close it starts at. After an exit it waits until the close has been at or below the mean.
    """

    name = "chandelier-exit"
    on_closes = "trailing-exit"
    window, span = Int(100, 10, 250), Int(22, 5, 100)
    width = Float(3.0, 0.5, 10.0)
    inputs = "close", "high", "sma:{window}", "atr:{span}"
    # held (1 or 0), highest high since entry, waiting for the mean (1 or 0)
    state_size = 3

    @staticmethod
    def step(s: Floats, x: Floats, p: Floats) -> float:
        if s[0] == 1.0:
            s[1] = max(s[1], x[1])
            if x[0] <= s[1] - p[2] * x[3]:
                s[0], s[2] = 0.0, 1.0
        # The mean of one price is off by its last digits: that is not above it.
        if x[0] <= x[2] * (1.0 + 1e-12):
            s[2] = 0.0
        elif s[0] == 0.0 and s[2] == 0.0:
            s[0], s[1] = 1.0, x[0]
        return float(s[0])
