"""Cross-sectional momentum: equal weights in the strongest of a universe."""

import math

import numpy as np

from market.arrays import Floats
from market.strategies.core.base import Strategy
from market.strategies.core.book import Book
from market.strategies.core.parameters import Float, Int


class MomentumRank(Strategy):
    """Equal weights in the instruments that gained most, chosen at each month's end.

    Gains are over `lookback` sessions. `keep` is the share held of the instruments with a value
    today, rounded down to whole instruments; at least one; ties at the edge are all kept.
    """

    name = "momentum-rank"
    lookback = Int(126, 5, 252)
    keep = Float(0.2, 0.05, 0.5)
    inputs = ("roc:{lookback}",)
    rebalance = "month-end"

    def weights(self, x: Floats, book: Book) -> Floats:  # noqa: ARG002  # the shape's arguments
        (gains,) = x
        known = ~np.isnan(gains)
        if not known.any():
            return np.zeros(len(gains))
        # An ulp of grace: 0.29 of 100 must count as 29.
        count = max(math.floor(self.keep * known.sum() * (1.0 + 1e-12)), 1)
        # In percent; prices in proportion gain the same but for their last digits.
        edge = np.sort(gains[known])[-count]
        top = known & (gains >= edge - 1e-12 * (100.0 + abs(edge)))
        shares: Floats = top / top.sum()
        return shares
