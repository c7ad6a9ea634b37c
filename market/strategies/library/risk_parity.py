"""Equal risk from each instrument, by the covariance of past returns."""

import numpy as np

from market.arrays import Floats
from market.moments import varies
from market.portfolio.risk import covariance, equal_risk_weights
from market.strategies.core.base import Strategy
from market.strategies.core.book import Book
from market.strategies.core.parameters import Int


class RiskParity(Strategy):
    """Long-only weights that contribute equally to the variance, chosen at each month's end.

    Variance and covariance are of the last `lookback` session returns; over the instruments with a
    close at each of those sessions whose returns were not all the same.
    """

    name = "risk-parity"
    lookback = Int(126, 20, 500)
    history = "lookback"
    rebalance = "month-end"

    def weights(self, x: Floats, book: Book) -> Floats:
        wanted = np.zeros(x.shape[1])
        returns = book.closes[1:] / book.closes[:-1] - 1.0
        if len(returns) < self.lookback:
            return wanted
        # Where a return is missing the deviation is NaN, and NaN is not above 0.
        known = varies(returns)
        if known.any():
            wanted[known] = equal_risk_weights(covariance(returns[:, known]))
        return wanted
