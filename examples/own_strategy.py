"""A strategy of your own: declare parameters and inputs, and say what to hold at each close."""

import numpy as np

from market.arrays import Floats
from market.strategies import Float, Int, Strategy


class CalmTrend(Strategy):
    """Long above the mean of `window` sessions, while the ATR is below `calm` % of the close."""

    name = "calm-trend"
    window, calm = Int(50, 10, 250), Float(2.0, 0.1, 10.0)
    inputs = "close", "sma:{window}", "natr:14"

    def target(self, x: Floats) -> Floats:
        return np.where((x[0] > x[1]) & (x[2] < self.calm), 1.0, 0.0)
