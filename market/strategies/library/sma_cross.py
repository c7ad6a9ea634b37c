"""Two moving averages: the plainest trend follower there is."""

from collections.abc import Mapping

import numpy as np

from market.arrays import Floats
from market.parameters import Refusal, rising
from market.strategies.core.base import Strategy
from market.strategies.core.parameters import Int


class SmaCross(Strategy):
    """Long while the fast mean is above the slow one, else in cash.

    `fast` and `slow` are windows in sessions.
    """

    name = "sma-cross"
    fast, slow = Int(20, 5, 60), Int(50, 20, 250)
    inputs = "sma:{fast}", "sma:{slow}"

    def target(self, x: Floats) -> Floats:
        fast, slow = x
        # Means of one price differ in their last digits: that is no crossing.
        return np.where(fast > slow * (1.0 + 1e-12), 1.0, 0.0)

    @classmethod
    def relations(cls, values: Mapping[str, float]) -> tuple[Refusal, ...]:
        return rising(values, "fast", "slow")
