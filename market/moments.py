"""The few sums that all statistics are made of, over returns that are there.

Sums are exactly rounded (math.fsum): they do not depend on the order or on the machine.
"""

import math

import numpy as np
from numpy.typing import ArrayLike

from market.arrays import Floats
from market.errors import DataNotFit

_NOISE = 1e-14  # a spread below this share of the largest value is rounding: no spread at all


def present(returns: ArrayLike) -> Floats:
    """The returns that are there; raises DataNotFit for a wrong shape or an infinite one."""
    series = np.asarray(returns, dtype=np.float64)
    if series.ndim != 1:
        raise DataNotFit(f"expected returns of shape (n,), got {series.shape}")
    if np.isinf(series).any():
        raise DataNotFit(f"return {int(np.argmax(np.isinf(series)))} is infinite")
    return series[~np.isnan(series)]


def growth(values: Floats) -> float:
    """The product of 1 + r; one for no returns."""
    return float(np.cumprod(1.0 + values)[-1]) if len(values) else 1.0


def mean(values: Floats) -> float:
    """The exactly rounded mean, the same on every machine; NaN of nothing."""
    return math.fsum(values.tolist()) / len(values) if len(values) else math.nan


def deviation(values: Floats) -> float:
    """Standard deviation with ddof 1: NaN under two values, exactly zero where it is rounding."""
    if len(values) < 2:
        return math.nan
    squares = math.fsum(((values - mean(values)) ** 2).tolist())
    spread = math.sqrt(squares / (len(values) - 1))
    return spread if spread > _NOISE * float(np.abs(values).max()) else 0.0


def ratio(above: float, below: float) -> float:
    """NaN where there is nothing to divide by."""
    return above / below if below > 0.0 else math.nan


def standardised_moment(values: Floats, order: int) -> float:
    """The biased moment (ddof 0) in standard deviations; NaN without a spread."""
    spread = deviation(values)
    if not spread > 0.0:
        return math.nan
    biased = spread * math.sqrt((len(values) - 1) / len(values))
    return mean(((values - mean(values)) / biased) ** order)
