"""A trend follower that leaves by a trailing stop on closes."""

from market.arrays import Floats
from market.strategies.core.base import Strategy
from market.strategies.core.parameters import Float, Int

# State: held (1 or 0), the highest close since entry, waiting for the mean (1 or 0).
_HELD, _HIGHEST, _WAITING, _SIZE = 0, 1, 2, 3


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
    state_size = _SIZE

    @staticmethod
    def step(s: Floats, x: Floats, p: Floats) -> float:
        close, mean, fall = x[0], x[1], p[1]
        if s[_HELD] == 1.0:
            s[_HIGHEST] = max(s[_HIGHEST], close)
            if close <= s[_HIGHEST] * (1.0 - fall):
                s[_HELD], s[_WAITING] = 0.0, 1.0
        # The mean of one price is off by its last digits: that is not above it.
        if close <= mean * (1.0 + 1e-12):
            s[_WAITING] = 0.0
        elif s[_HELD] == 0.0 and s[_WAITING] == 0.0:
            s[_HELD], s[_HIGHEST] = 1.0, close
        return float(s[_HELD])
