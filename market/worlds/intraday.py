"""How a session's variance and volume are spread over its minutes: a U over the trading minutes."""

from functools import cache

import numpy as np

from market.arrays import Floats


@cache
def minute_shares(count: int) -> Floats:
    """Parts of a session's variance and volume by minute: a U over the trading minutes."""
    profile = 0.6 + 1.2 * np.linspace(-1.0, 1.0, count) ** 2
    shares: Floats = profile / profile.sum()
    return shares


def split_volume(volume: float, shares: Floats, u: Floats) -> Floats:
    """Whole shares by minute that sum to ``volume``: differences of one rounded running sum."""
    running = np.cumsum(shares * (0.25 - np.log(u)))
    return np.diff(np.floor(volume * (running / running[-1])), prepend=0.0)
