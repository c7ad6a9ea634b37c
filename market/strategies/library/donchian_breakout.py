"""The channel breakout: bought above the highest high before, sold below the lowest low before."""

from market.arrays import Floats
from market.strategies.core.base import Strategy
from market.strategies.core.parameters import Int

_HELD = 0  # state: 1 while long


class DonchianBreakout(Strategy):
    """Long once the close is above the channel before it, until it is below a shorter one.

    The channels are the highest high of the `entry` sessions before this one and the lowest low of
    the `leave` sessions before it (Donchian's rule, as the Turtles traded it: Faith 2003), decided
    at closes. A flat series is no breakout.
    """

    name = "donchian-breakout"
    on_closes = "close-breakout"
    entry, leave = Int(55, 10, 250), Int(20, 5, 120)
    inputs = "close", "donchian:{entry}#upper@1", "donchian:{leave}#lower@1"
    state_size = 1

    @staticmethod
    def step(s: Floats, x: Floats, p: Floats) -> float:  # noqa: ARG004  # the shape's arguments
        close, upper, lower = x[0], x[1], x[2]
        if close < lower:
            s[_HELD] = 0.0
        elif close > upper:
            s[_HELD] = 1.0
        return float(s[_HELD])
