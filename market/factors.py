"""Factor research: does a value known today order the returns that follow, and what would it trade.

`factor` (t, n) holds a value of n instruments at t dates, `forward` (t, n) the return from each date
on over the horizon asked about; NaN where there is none, and then neither counts. Definitions are
those of alphalens. Forward returns that overlap are not independent: a mean of information
coefficients over h-session returns has about t / h observations, not t.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

from market.arrays import Floats
from market.errors import BadParameter, DataNotFit

_LEAST = 3  # instruments on a date, under which a correlation says nothing


def forward_returns(close: ArrayLike, *, horizon: int) -> Floats:
    """close[t + horizon] / close[t] - 1 of closes (t, n); NaN in the last `horizon` rows."""
    prices = _table(close, "close")
    if horizon < 1:
        raise BadParameter(f"horizon={horizon}: expected 1 or more", parameter="horizon")
    out = np.full(prices.shape, np.nan)
    out[:-horizon] = prices[horizon:] / prices[:-horizon] - 1.0
    return out


def information_coefficient(factor: ArrayLike, forward: ArrayLike) -> Floats:
    """Spearman's rank correlation of factor and forward return at each date (t,).

    Ties get mean ranks; NaN with under three instruments or without a spread.
    """
    x, y = _pair(factor, forward)
    return np.array([_rank_correlation(one, two) for one, two in zip(x, y, strict=True)])


def decay(factor: ArrayLike, close: ArrayLike, *, horizons: Sequence[int]) -> dict[int, float]:
    """The mean information coefficient over dates by horizon; NaN where there is no date."""
    return {
        horizon: _mean(information_coefficient(factor, forward_returns(close, horizon=horizon)))
        for horizon in horizons
    }


def quantiles(factor: ArrayLike, *, count: int = 5) -> NDArray[np.int64]:
    """The quantile (t, n) of each instrument at its date: 1 lowest to `count`, 0 without a value.

    Edges are the linear quantiles of the date and belong to the lower one (as pandas.qcut). Equal
    values share a quantile, so some may be empty.
    """
    x = _table(factor, "factor")
    if count < 2:
        raise BadParameter(f"count={count}: expected 2 or more", parameter="count")
    out = np.zeros(x.shape, dtype=np.int64)
    for row, values in enumerate(x):
        there = ~np.isnan(values)
        if there.any():
            edges = np.quantile(values[there], np.linspace(0.0, 1.0, count + 1)[1:-1])
            out[row, there] = 1 + np.searchsorted(edges, values[there], side="left")
    return out


def quantile_returns(factor: ArrayLike, forward: ArrayLike, *, count: int = 5) -> Floats:
    """Mean forward return of each quantile at each date (t, count), less the date's mean."""
    x, y = _pair(factor, forward)
    place = quantiles(x, count=count)
    out = np.full((len(x), count), np.nan)
    for row, (own, moves) in enumerate(zip(place, y, strict=True)):
        if own.any():
            excess = moves - moves[own > 0].mean()
            for k in np.unique(own[own > 0]):
                out[row, k - 1] = excess[own == k].mean()
    return out


def spread(factor: ArrayLike, forward: ArrayLike, *, count: int = 5) -> Floats:
    """Return of the highest quantile less that of the lowest at each date (t,)."""
    table = quantile_returns(factor, forward, count=count)
    difference: Floats = table[:, -1] - table[:, 0]
    return difference


def quantile_turnover(factor: ArrayLike, *, quantile: int, count: int = 5, lag: int = 1) -> Floats:
    """The share of a quantile's members (t,) that were not in it `lag` dates before."""
    place = quantiles(factor, count=count)
    if not 1 <= quantile <= count:
        raise BadParameter(f"quantile={quantile}: expected 1 to {count}", parameter="quantile")
    _check_lag(lag)
    members = place == quantile
    out = np.full(len(place), np.nan)
    for t in range(lag, len(place)):
        if members[t].any():
            out[t] = (members[t] & ~members[t - lag]).sum() / members[t].sum()
    return out


def rank_autocorrelation(factor: ArrayLike, *, lag: int = 1) -> Floats:
    """Rank correlation (t,) of the factor with itself `lag` dates before; near 1 trades little."""
    x = _table(factor, "factor")
    out = np.full(len(x), np.nan)
    _check_lag(lag)
    for t in range(lag, len(x)):
        out[t] = _rank_correlation(x[t], x[t - lag])
    return out


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
    x = _table(factor, "factor")
    if groups is not None and len(groups) != x.shape[1]:
        raise DataNotFit(f"{len(groups)} groups for {x.shape[1]} instruments")
    labels = np.unique(groups if groups is not None else ["all"] * x.shape[1], return_inverse=True)
    members = np.eye(len(labels[0]))[labels[1]]
    others = [_pair(x, one)[1] for one in (exposures or {}).values()]
    out = np.full(x.shape, np.nan)
    for row, values in enumerate(x):
        design = np.column_stack([members, *(one[row] for one in others)])
        there = ~np.isnan(values) & ~np.isnan(design).any(axis=1)
        if there.any():
            slopes = np.linalg.lstsq(design[there], values[there], rcond=None)[0]
            out[row, there] = values[there] - design[there] @ slopes
    return out


def _rank_correlation(one: Floats, other: Floats) -> float:
    both = ~(np.isnan(one) | np.isnan(other))
    if both.sum() < _LEAST:
        return np.nan
    a, b = (rankdata(side[both]) for side in (one, other))
    a, b = a - a.mean(), b - b.mean()
    scale = np.sqrt((a * a).sum() * (b * b).sum())
    return float((a * b).sum() / scale) if scale > 0.0 else np.nan


def _mean(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else np.nan


def _check_lag(lag: int) -> None:
    if lag < 1:
        raise BadParameter(f"lag={lag}: expected 1 or more", parameter="lag")


def _pair(factor: ArrayLike, forward: ArrayLike) -> tuple[Floats, Floats]:
    """Copies in which a missing value of either is missing in both."""
    x, y = _table(factor, "factor"), _table(forward, "forward")
    if x.shape != y.shape:
        raise DataNotFit(f"factor {x.shape} and the other {y.shape}: expected the same shape")
    missing = np.isnan(x) | np.isnan(y)
    return np.where(missing, np.nan, x), np.where(missing, np.nan, y)


def _table(values: ArrayLike, name: str) -> Floats:
    table = np.asarray(values, dtype=np.float64)
    if table.ndim != 2 or np.isinf(table).any():
        raise DataNotFit(f"{name}: expected values (t, n), finite or NaN, got {table.shape}")
    return table
