"""How well a factor orders what follows it, over horizons, and how fast it changes its own order."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import rankdata

from market.arrays import Floats
from market.errors import BadParameter
from market.factors.neutral import less_group_means
from market.factors.tables import check_lag, pair, table

_LEAST = 3  # instruments on a date, under which a correlation says nothing


def forward_returns(close: ArrayLike, *, horizon: int) -> Floats:
    """close[t + horizon] / close[t] - 1 of closes (t, n); NaN in the last `horizon` rows."""
    prices = table(close, "close")
    if horizon < 1:
        raise BadParameter(f"horizon={horizon}: expected 1 or more", parameter="horizon")
    out = np.full(prices.shape, np.nan)
    out[:-horizon] = prices[horizon:] / prices[:-horizon] - 1.0
    return out


def information_coefficient(
    factor: ArrayLike, forward: ArrayLike, *, groups: Sequence[str] | None = None
) -> Floats:
    """Spearman's rank correlation of factor and forward return at each date (t,).

    Ties get mean ranks; NaN with under three instruments or without a spread. With `groups`,
    returns are taken less their group's mean.
    """
    x, y = pair(factor, forward)
    moves = y if groups is None else less_group_means(y, groups)
    return np.array(
        [_rank_correlation(values, moved) for values, moved in zip(x, moves, strict=True)]
    )


def decay(
    factor: ArrayLike,
    close: ArrayLike,
    *,
    horizons: Sequence[int],
    groups: Sequence[str] | None = None,
) -> dict[int, float]:
    """The mean information coefficient over dates by horizon; NaN where there is no date.

    Each horizon takes all the dates that it has.
    """
    return {
        horizon: _mean(
            information_coefficient(factor, forward_returns(close, horizon=horizon), groups=groups)
        )
        for horizon in horizons
    }


def rank_autocorrelation(factor: ArrayLike, *, lag: int = 1) -> Floats:
    """Rank correlation (t,) of the factor with itself `lag` dates before; near 1 trades little.

    Ranks are those among the instruments that have a value at both dates.
    """
    x = table(factor, "factor")
    out = np.full(len(x), np.nan)
    check_lag(lag)
    for t in range(lag, len(x)):
        out[t] = _rank_correlation(x[t], x[t - lag])
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
