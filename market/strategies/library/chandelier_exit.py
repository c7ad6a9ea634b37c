"""A trend follower whose stop hangs from its highest high by a multiple of the true range."""

from market.arrays import Floats
from market.strategies.core.base import Strategy
from market.strategies.core.parameters import Float, Int

# State: held (1 or 0), the highest high since entry, waiting for the mean (1 or 0).
_HELD, _HIGHEST, _WAITING, _SIZE = 0, 1, 2, 3


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
    state_size = _SIZE

    @staticmethod
    def step(s: Floats, x: Floats, p: Floats) -> float:
        close, high, mean, reach, width = x[0], x[1], x[2], x[3], p[2]
        if s[_HELD] == 1.0:
            s[_HIGHEST] = max(s[_HIGHEST], high)
            if close <= s[_HIGHEST] - width * reach:
                s[_HELD], s[_WAITING] = 0.0, 1.0
        # The mean of one price is off by its last digits: that is not above it.
        if close <= mean * (1.0 + 1e-12):
            s[_WAITING] = 0.0
        elif s[_HELD] == 0.0 and s[_WAITING] == 0.0:
            s[_HELD], s[_HIGHEST] = 1.0, close
        return float(s[_HELD])
