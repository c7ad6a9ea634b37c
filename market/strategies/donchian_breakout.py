"""The channel breakout: bought at a new high of closes, sold at a new low of a shorter span."""

from market.arrays import Floats
from market.strategies.base import Strategy
from market.strategies.parameters import Int


class DonchianBreakout(Strategy):
    """Long from the highest close of `entry` sessions until the lowest of `leave` sessions.

    The channel is of closes, so the rule runs on close-only data too. A flat series is no breakout.
    """

    name = "donchian-breakout"
    entry, leave = Int(55, 10, 250), Int(20, 5, 120)
    inputs = "close", "close-high:{entry}", "close-low:{leave}"
    state_size = 1

    @staticmethod
    def step(s: Floats, x: Floats, p: Floats) -> float:  # noqa: ARG004  # the shape's arguments
        if x[0] <= x[2]:
            s[0] = 0.0
        elif x[0] >= x[1]:
            s[0] = 1.0
        return float(s[0])
