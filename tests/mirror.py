"""A strategy that shows what strategies see."""

from market.arrays import Floats
from market.backtest.panel import Panel
from market.backtest.seen import wanted_shares
from market.strategies import Strategy

_UNIT = 2.0**20  # a power of two: no bit is lost


class Mirror(Strategy):
    """Wants as much as the close that it sees."""

    name = "mirror"
    inputs = ("close",)

    def target(self, x):
        return x[0] / _UNIT


def seen_closes(panel: Panel) -> Floats:
    """The close (m, n) that a strategy sees at each session, 0 where none."""
    return wanted_shares(Mirror(), panel) * _UNIT
