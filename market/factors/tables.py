"""What the figures of factor research take: tables (t, n) that fit each other, NaN where unknown."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from market.arrays import Floats
from market.errors import BadParameter, DataNotFit


def table(values: ArrayLike, name: str) -> Floats:
    """Values (t, n) as float64; `DataNotFit` for another shape or an infinite value."""
    checked = np.asarray(values, dtype=np.float64)
    if checked.ndim != 2 or np.isinf(checked).any():
        raise DataNotFit(f"{name}: expected values (t, n), finite or NaN, got {checked.shape}")
    return checked


def pair(factor: ArrayLike, other: ArrayLike, name: str = "forward") -> tuple[Floats, Floats]:
    """Copies in which a missing value of either is missing in both."""
    x, y = table(factor, "factor"), table(other, name)
    if x.shape != y.shape:
        raise DataNotFit(f"factor {x.shape} and {name} {y.shape}: expected the same shape")
    missing = np.isnan(x) | np.isnan(y)
    return np.where(missing, np.nan, x), np.where(missing, np.nan, y)


def members(groups: Sequence[str] | None, n: int) -> NDArray[np.bool_]:
    """Who of n instruments belongs to each group, shape (g, n); one group of all without labels."""
    if groups is None:
        return np.ones((1, n), dtype=np.bool_)
    if len(groups) != n:
        raise DataNotFit(f"{len(groups)} groups for {n} instruments")
    labels = np.asarray(groups)
    return np.stack([labels == label for label in np.unique(labels)])


def check_lag(lag: int) -> None:
    if lag < 1:
        raise BadParameter(f"lag={lag}: expected 1 or more", parameter="lag")
