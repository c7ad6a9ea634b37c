"""Holding less of what moves more, without leverage."""

import math

import numpy as np

from market.arrays import Floats
from market.strategies.core.base import Strategy
from market.strategies.core.parameters import Float, Int


class VolTarget(Strategy):
    """The share of equity that brings recent volatility down to a wanted one, 1 at most.

    Recent volatility is of `window` sessions. `volatility` is annual, 0.15 for 15 %; `year` is the
    calendar's sessions a year (365 for a market that never closes). The share is rounded down to
    multiples of `grid`, so that not every session trades.
    """

    name = "vol-target"
    window = Int(21, 5, 252)
    volatility = Float(0.15, 0.01, 1.0)
    year = Int(252, 1, 366)
    grid = Float(0.1, 0.01, 1.0)
    inputs = ("close-volatility:{window}",)

    def target(self, x: Floats) -> Floats:
        wanted = self.volatility / math.sqrt(self.year)
        (recent,) = x
        # A series that did not move at all is held whole.
        share = np.where(recent > wanted, wanted / np.maximum(recent, wanted), 1.0)
        # Half an ulp of grace: 0.3 / 0.1 must count as three.
        steps: Floats = np.floor(share / self.grid * (1.0 + 1e-12)) * self.grid
        return np.clip(steps, 0.0, 1.0)
