"""Instruments sorted into quantiles by a factor: what each earned, and how many it changed."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from market.arrays import Floats
from market.errors import BadParameter
from market.factors.neutral import less_group_means
from market.factors.tables import check_lag, members, pair, table

Quantiles = NDArray[np.int64]


def quantiles(
    factor: ArrayLike, *, count: int = 5, groups: Sequence[str] | None = None
) -> Quantiles:
    """The quantile (t, n) of each instrument at its date: 1 lowest to `count`, 0 without a value.

    Edges are the linear quantiles of the date, or with `groups` of its own group at the date, and
    belong to the lower one (as pandas.qcut). Equal values share a quantile, so some may be empty.
    """
    x = table(factor, "factor")
    if count < 2:
        raise BadParameter(f"count={count}: expected 2 or more", parameter="count")
    out = np.zeros(x.shape, dtype=np.int64)
    for own in members(groups, x.shape[1]):
        for row, values in enumerate(x):
            there = own & ~np.isnan(values)
            if there.any():
                edges = _edges(values[there], count)
                out[row, there] = 1 + np.searchsorted(edges, values[there], side="left")
    return out


def _edges(values: Floats, count: int) -> Floats:
    """The inner edges (count - 1,): places in whole numbers, so one on a value is exactly that.

    np.quantile may put such an edge a rounding below its value, which then counts as above it.
    """
    ordered, last = np.sort(values), len(values) - 1
    at, rest = np.divmod(np.arange(1, count) * last, count)
    above = ordered[np.minimum(at + 1, last)]
    edges: Floats = ordered[at] + rest / count * (above - ordered[at])
    return edges


def quantile_returns(
    factor: ArrayLike,
    forward: ArrayLike,
    *,
    count: int = 5,
    groups: Sequence[str] | None = None,
    within_groups: bool = False,
) -> Floats:
    """Mean forward return of each quantile at each date (t, count), less the date's mean.

    With `groups`, returns are taken less their group's mean instead; `within_groups` sorts each
    group into quantiles of its own.
    """
    x, y = pair(factor, forward)
    if within_groups and groups is None:
        raise BadParameter("within_groups needs groups", parameter="groups")
    place = quantiles(x, count=count, groups=groups if within_groups else None)
    excess = less_group_means(y, groups)
    out = np.full((len(x), count), np.nan)
    for row, (own, moves) in enumerate(zip(place, excess, strict=True)):
        for k in np.unique(own[own > 0]):
            out[row, k - 1] = moves[own == k].mean()
    return out


def spread(
    factor: ArrayLike,
    forward: ArrayLike,
    *,
    count: int = 5,
    groups: Sequence[str] | None = None,
    within_groups: bool = False,
) -> Floats:
    """Return of the highest quantile less that of the lowest at each date (t,)."""
    means = quantile_returns(
        factor, forward, count=count, groups=groups, within_groups=within_groups
    )
    difference: Floats = means[:, -1] - means[:, 0]
    return difference


def quantile_turnover(factor: ArrayLike, *, quantile: int, count: int = 5, lag: int = 1) -> Floats:
    """The share of a quantile's members (t,) that were not in it `lag` dates before.

    NaN where it has no members at either date.
    """
    place = quantiles(factor, count=count)
    if not 1 <= quantile <= count:
        raise BadParameter(f"quantile={quantile}: expected 1 to {count}", parameter="quantile")
    check_lag(lag)
    held = place == quantile
    out = np.full(len(place), np.nan)
    for t in range(lag, len(place)):
        if held[t].any() and held[t - lag].any():
            out[t] = (held[t] & ~held[t - lag]).sum() / held[t].sum()
    return out
