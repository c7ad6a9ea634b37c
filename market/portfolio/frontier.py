"""The efficient frontier of mean and variance."""

from dataclasses import dataclass, replace
from numbers import Integral
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from market import named
from market.arrays import Floats
from market.errors import BadParameter
from market.portfolio.limits import Limits, best_mean
from market.portfolio.names import in_order, table_and_names, views_in_order
from market.portfolio.optimise import check, whole
from market.portfolio.problems import Problem
from market.portfolio.views import CovarianceMethod, Views

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Frontier:
    """p portfolios of least variance, from the least of all to the highest mean return.

    `returns` (p,) are their means a period, `risks` (p,) their volatilities; `weights` (p, k) have
    columns by name where returns had.
    """

    returns: Floats
    risks: Floats
    weights: "Floats | pd.DataFrame"


def frontier(
    returns: ArrayLike,
    *,
    points: int = 20,
    limits: Limits | None = None,
    views: Views | None = None,
    covariance: CovarianceMethod = "sample",
) -> Frontier:
    """The efficient frontier of mean and variance at `points` means in even steps; as `optimise`."""
    if not (isinstance(points, Integral) and 2 <= points <= 1000):
        raise BadParameter(f"points={points}: expected 2 to 1000", parameter="points")
    table, names = table_and_names(returns)
    problem = Problem(
        table=table,
        objective="minimum-variance",
        limits=in_order(limits or Limits(), names),
        views=views_in_order(views, names),
        covariance=covariance,
    )
    check(problem)
    means, cov = problem.moments()
    least = whole(problem.solved(), problem.limits)
    low, high = float(least @ means), best_mean(means, problem.limits)
    # Short of the highest by a millionth of the way: at the very end only one portfolio is left.
    targets = low + np.linspace(0.0, 1.0 - 1e-6, points)[1:] * (high - low)
    reached = [replace(problem, target_return=float(mean)).solved() for mean in targets]
    more = [whole(weights, problem.limits) for weights in reached]
    weights = np.stack([least, *more])
    risks = np.sqrt(np.einsum("pi,ij,pj->p", weights, cov, weights))
    return Frontier(weights @ means, risks, named.frame(weights, None, names))
