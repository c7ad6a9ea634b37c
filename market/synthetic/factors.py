"""What drives returns: a factor with slowly changing volatility (market, sector, own)."""

from dataclasses import dataclass
from functools import partial
from itertools import accumulate

import numpy as np

from market.arrays import Floats
from market.synthetic.randomness import normal

SESSIONS_PER_YEAR = 365
_VOL_PERSISTENCE = 0.98  # of log volatility from day to day: half of a shock is gone in 34 days
_VOL_OF_VOL = 0.45  # standard deviation of log volatility


@dataclass(frozen=True, eq=False)
class Factor:
    """``sigma``: the volatility that held on each day; ``shock``: what happened. Both (n,)."""

    sigma: Floats
    shock: Floats


def factor(vol_u: Floats, shock_u: Floats, *, annual_vol: float) -> Factor:
    """A factor of that mean annual volatility from two uniform draws a day, shape (n,)."""
    innovation = normal(vol_u) * np.sqrt(1.0 - _VOL_PERSISTENCE**2)
    log_vol = _VOL_OF_VOL * autoregress(innovation, _VOL_PERSISTENCE)
    # Less the variance of log volatility, so that the mean variance is the one asked for.
    sigma = annual_vol / np.sqrt(SESSIONS_PER_YEAR) * np.exp(log_vol - _VOL_OF_VOL**2)
    return Factor(sigma, sigma * normal(shock_u))


def autoregress(innovation: Floats, coefficient: float) -> Floats:
    """y[t] = coefficient * y[t-1] + innovation[t], shape (n,), y[-1] = 0."""
    steps = accumulate(innovation.tolist(), partial(_step, coefficient))
    return np.fromiter(steps, dtype=np.float64, count=len(innovation))


def _step(coefficient: float, previous: float, innovation: float) -> float:
    return coefficient * previous + innovation
