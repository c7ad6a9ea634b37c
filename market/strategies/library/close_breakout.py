"""The channel breakout on closes alone, for data without highs and lows."""

from market.strategies.library.donchian_breakout import DonchianBreakout


class CloseBreakout(DonchianBreakout):
    """Long once the close is above the closes before it, until it is below those of a shorter span.

    As `donchian-breakout` on bars whose high and low are their close: the channels are the highest
    close of the `entry` sessions before this one and the lowest of the `leave` sessions before it.
    """

    name = "close-breakout"
    on_closes = ""
    inputs = "close", "close-high:{entry}@1", "close-low:{leave}@1"
