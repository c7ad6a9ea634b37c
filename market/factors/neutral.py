"""What of a factor, or of returns, is left when groups and exposures are taken out of it."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from market.arrays import Floats
from market.factors.tables import members, pair, table

_ROUNDING = 1e-12  # what is left below this share of the largest value is nothing, and no order


def neutralise(
    factor: ArrayLike,
    *,
    groups: Sequence[str] | None = None,
    exposures: Mapping[str, ArrayLike] | None = None,
) -> Floats:
    """What of a factor (t, n) is not explained, at each date, by groups and exposures.

    Residuals of least squares at one date on a mean for each group (one for all without `groups`,
    n labels) and the exposures (t, n) by name. NaN where one of them is missing.
    """
    x = table(factor, "factor")
    means = members(groups, x.shape[1]).T.astype(np.float64)
    others = [pair(x, exposure, name)[1] for name, exposure in (exposures or {}).items()]
    out = np.full(x.shape, np.nan)
    for row, values in enumerate(x):
        design = np.column_stack([means, *(exposure[row] for exposure in others)])
        there = ~np.isnan(values) & ~np.isnan(design).any(axis=1)
        if there.any():
            # Where exposures repeat groups, slopes are not unique; what is left of the factor is.
            slopes = np.linalg.lstsq(design[there], values[there], rcond=None)[0]
            size = np.abs(values[there]).max()
            out[row, there] = _left(values[there] - design[there] @ slopes, size)
    return out


def less_group_means(values: Floats, groups: Sequence[str] | None) -> Floats:
    """Values (t, n) less the mean of their group at their date; NaN stays."""
    out = values.copy()
    for own in members(groups, values.shape[1]):
        part = values[:, own]
        count = (~np.isnan(part)).sum(axis=1)
        # A group without any value has no mean to take off, and no row that asks for it.
        mean = np.nansum(part, axis=1) / np.maximum(count, 1)
        size = np.abs(np.nan_to_num(part)).max(axis=1)
        out[:, own] = _left(part - mean[:, None], size[:, None])
    return out


def _left(residual: Floats, size: ArrayLike) -> Floats:
    """Exactly 0 where all was explained, so that what is left of equals stays equal."""
    return np.where(np.abs(residual) <= _ROUNDING * np.asarray(size), 0.0, residual)
