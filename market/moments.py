"""The few sums that all statistics are made of, over returns that are there.

Sums are exactly rounded (math.fsum): they do not depend on the order or on the machine.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from market.arrays import Floats, floats
from market.errors import DataNotFit

_EPSILON = float(np.finfo(np.float64).eps)
_SURE = 3  # values above 1 that no returns are: each session would more than double
_LARGEST = 1e100  # its square, and sums of squares, are finite


def present(returns: ArrayLike) -> Floats:
    """The returns that are there; DataNotFit for a wrong shape, one beyond 1e100, and for prices."""
    values = given(returns)
    if len(values) >= _SURE and values.min() > 1.0:
        raise DataNotFit(
            f"all {len(values)} returns are above 1, as prices are: give simple returns, "
            "such as prices.pct_change()"
        )
    return values


def given(numbers: ArrayLike) -> Floats:
    """The numbers that are there; DataNotFit for a wrong shape, or one beyond 1e100 either way."""
    series = floats(numbers, of="returns")
    if series.ndim != 1:
        one = "; of a frame give one column" if series.ndim == 2 else ""
        raise DataNotFit(f"expected returns of shape (n,), got {series.shape}{one}")
    beyond = np.abs(series) > _LARGEST
    if beyond.any():
        row = int(np.argmax(beyond))
        kind = "infinite" if math.isinf(series[row]) else f"{series[row]:.3g}"
        raise DataNotFit(f"return {row} is {kind}: expected simple returns")
    return series[~np.isnan(series)]


def growth(values: Floats) -> float:
    """The product of 1 + r, infinite beyond the range of a float; one for no returns."""
    with np.errstate(over="ignore", invalid="ignore"):
        return float(np.cumprod(1.0 + values)[-1]) if len(values) else 1.0


def rounding(values: Floats) -> Floats:
    """The spread that rounding alone gives returns (n,), or each column of (n, k).

    A return is a quotient of prices less 1, so it is off by parts of 1 however small it is itself:
    what spreads no wider than 8 units in the last place of 1 + the largest return never varied.
    """
    largest: Floats = np.abs(values).max(axis=0)
    return 8.0 * _EPSILON * (1.0 + largest)


def varies(values: Floats) -> NDArray[np.bool_]:
    """Whether each column (n, k) has a ``deviation`` above 0."""
    return np.array([deviation(column) > 0.0 for column in values.T], dtype=np.bool_)


def mean(values: Floats) -> float:
    """The exactly rounded mean, the same on every machine; NaN of nothing."""
    return math.fsum(values.tolist()) / len(values) if len(values) else math.nan


def deviation(values: Floats) -> float:
    """Standard deviation with ddof 1: NaN under two values, exactly zero where it is rounding."""
    if len(values) < 2:
        return math.nan
    squares = math.fsum(((values - mean(values)) ** 2).tolist())
    spread = math.sqrt(squares / (len(values) - 1))
    return spread if spread > float(rounding(values)) else 0.0


def ratio(above: float, below: float) -> float:
    """NaN where there is nothing to divide by."""
    return above / below if below > 0.0 else math.nan


def standardised_moment(values: Floats, order: int) -> float:
    """The biased moment (ddof 0) in standard deviations; NaN without a spread."""
    spread = deviation(values)
    if not spread > 0.0:
        return math.nan
    # By ``deviation``, which is exactly 0 for what never varied: noise has no moments.
    biased = spread * math.sqrt((len(values) - 1) / len(values))
    return mean(((values - mean(values)) / biased) ** order)
