"""Optimal weights through skfolio with the solver CLARABEL; skfolio is loaded on the first call."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, get_args

import numpy as np
from numpy.typing import ArrayLike

from market import named
from market.arrays import Floats
from market.errors import BadParameter, DataNotFit, did_you_mean
from market.portfolio.limits import ROUNDING, Limits, check_limits, keeps, nearest
from market.portfolio.names import in_order, table_and_names, views_in_order
from market.portfolio.problems import LeafOrder, Objective, Problem
from market.portfolio.views import CovarianceMethod, Views

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["LeafOrder", "Limits", "Objective", "Views", "optimise"]
_TARGETED = ("minimum-variance", "minimum-cvar")


def optimise(
    returns: ArrayLike,
    objective: Objective,
    *,
    limits: Limits | None = None,
    views: Views | None = None,
    covariance: CovarianceMethod = "sample",
    target_return: float | None = None,
    target_risk: float | None = None,
    tail: float = 0.05,
    leaf_order: LeafOrder = "optimal",
) -> "Floats | pd.Series[float]":
    """Weights (k,) of sum 1 for simple returns (n, k) of one period each, without NaN.

    Of a DataFrame they are a Series with the names of its columns. Means and covariances are those of
    the sample, or with `views` Black-Litterman's posterior; `covariance` may be shrunk. Both targets
    are of one period: `minimum-variance` and `minimum-cvar` take a mean that `target_return` at least
    reaches, `maximum-return` needs the volatility that `target_risk` at most allows. `tail` is of
    `minimum-cvar`. Limits are constraints of the problem and kept to 1e-6; `hrp`, which solves no
    problem, keeps bounds as it divides, and with group limits or turnover gives the weights within
    all limits that are nearest to those (`limits.nearest`). Raises `BadParameter` for a name or a
    limit out of range, and `DataNotFit` with the reason where no weights answer, or skfolio is missing.
    """
    table, names = table_and_names(returns)
    problem = Problem(
        table=table,
        objective=objective,
        limits=in_order(limits or Limits(), names),
        views=views_in_order(views, names),
        covariance=covariance,
        tail=tail,
        leaf_order=leaf_order,
        target_return=target_return,
        target_risk=target_risk,
    )
    check(problem)
    weights = problem.solved()
    kept = nearest(weights, problem.limits) if objective == "hrp" else weights
    return named.series(whole(kept, problem.limits), names, name="weight")


def check(problem: Problem) -> None:
    """`BadParameter` for what is out of range or does not belong together."""
    for parameter, known in (
        ("objective", Objective),
        ("leaf_order", LeafOrder),
        ("covariance", CovarianceMethod),
    ):
        _check_name(parameter, getattr(problem, parameter), get_args(known))
    check_limits(problem.limits, problem.k)
    if not 0.0 < problem.tail < 1.0:
        raise BadParameter(f"tail={problem.tail}: expected between 0 and 1", parameter="tail")
    if problem.covariance != "sample" and problem.objective == "minimum-cvar":
        raise BadParameter(
            "minimum-cvar reads no covariance: leave covariance out", parameter="covariance"
        )
    _check_targets(problem)
    try:
        import skfolio.optimization
    except ImportError as exc:
        raise DataNotFit("optimisation needs skfolio: install trii[laptop]") from exc
    del skfolio


def _check_targets(problem: Problem) -> None:
    if problem.target_return is not None and problem.objective not in _TARGETED:
        raise BadParameter(
            f"target_return is of {' and '.join(_TARGETED)}, not of {problem.objective}",
            parameter="target_return",
        )
    risk, wanted = problem.target_risk, problem.objective == "maximum-return"
    if (risk is not None) != wanted:
        raise BadParameter(
            "maximum-return and target_risk, a volatility of one period, go together",
            parameter="target_risk",
        )
    if risk is not None and not risk > 0.0:
        raise BadParameter(f"target_risk={risk}: expected above 0", parameter="target_risk")


def whole(weights: Floats, limits: Limits) -> Floats:
    """Weights of sum 1 exactly; `DataNotFit` if these, or the limits, are off by more than rounding."""
    weights = np.asarray(weights, dtype=np.float64)
    if not np.isfinite(weights).all() or abs(weights.sum() - 1.0) > ROUNDING:
        raise DataNotFit("the solver found no weights that sum to 1")
    scaled: Floats = weights / weights.sum()
    # A solver may end short of its goal, with a warning: limits are kept or nothing is given.
    if not keeps(scaled, limits):
        raise DataNotFit("the solver found no weights that keep the limits: widen one a little")
    return scaled


def _check_name(parameter: str, given: str, known: Sequence[str]) -> None:
    if given not in known:
        raise BadParameter(
            f"{parameter}={given!r}: expected one of {', '.join(known)}{did_you_mean(given, known)}",
            parameter=parameter,
        )
