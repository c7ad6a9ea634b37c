"""Cross-sectional momentum: equal weights in the strongest of a universe."""

import numpy as np

from market.arrays import Floats
from market.strategies.base import Strategy
from market.strategies.book import Book
from market.strategies.parameters import Float, Int


class MomentumRank(Strategy):
    """Equal weights in the share `keep` of instruments that gained most over `lookback` sessions.

    Of those with a value today; at least one where there is any; ties at the edge are all kept.
    """

    name = "momentum-rank"
    lookback = Int(126, 5, 252)
    keep = Float(0.2, 0.05, 0.5)
    inputs = ("roc:{lookback}",)
    rebalance = "month-end"

    def weights(self, x: Floats, book: Book) -> Floats:  # noqa: ARG002  # the shape's arguments
        known = ~np.isnan(x[0])
        if not known.any():
            return np.zeros(x.shape[1])
        edge = np.quantile(x[0, known], 1.0 - self.keep, method="lower")
        top = known & (x[0] > edge)
        top = top if top.any() else known & (x[0] >= edge)
        shares: Floats = top / top.sum()
        return shares
