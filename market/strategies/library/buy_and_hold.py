"""The baseline that every other strategy is measured against."""

import numpy as np

from market.arrays import Floats
from market.strategies.core.base import Strategy


class BuyAndHold(Strategy):
    """Fully invested from the first bar on."""

    name = "buy-and-hold"

    def target(self, x: Floats) -> Floats:
        return np.ones(x.shape[1:])
