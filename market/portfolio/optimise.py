"""Optimal weights through skfolio with the solver CLARABEL; skfolio is loaded on the first call."""

from collections.abc import Sequence
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from market.arrays import Floats
from market.errors import BadParameter, DataNotFit, did_you_mean
from market.portfolio.limits import (
    ROUNDING,
    SOLVER,
    TOLERANCES,
    Limits,
    bounds,
    check_limits,
    group_rows,
    nearest,
    turnover_bound,
)
from market.portfolio.views import Views, black_litterman

__all__ = ["LeafOrder", "Limits", "Objective", "Views", "optimise"]

Objective = Literal["minimum-variance", "maximum-sharpe", "risk-parity", "hrp", "minimum-cvar"]
"""`minimum-cvar` is Rockafellar and Uryasev's; `hrp` Lopez de Prado's (2016); `risk-parity` the
least volatility over the geometric mean of the weights, where contributions are equal if no limit
binds (Richard and Roncalli 2019)."""
LeafOrder = Literal["optimal", "dendrogram"]
"""Of `hrp`: `optimal` is Ward linkage with neighbouring leaves as close as can be (skfolio's own),
`dendrogram` the paper's single linkage in the order of the tree. Weights differ by several points."""


def optimise(
    returns: ArrayLike,
    objective: Objective,
    *,
    limits: Limits | None = None,
    views: Views | None = None,
    tail: float = 0.05,
    leaf_order: LeafOrder = "optimal",
) -> Floats:
    """Weights (k,) of sum 1 for simple returns (n, k) of one period each, without NaN.

    Means and covariances are those of the sample, or with `views` Black-Litterman's posterior.
    `tail` is of `minimum-cvar`. Limits are constraints of the problem and kept to 1e-6; `hrp`, which
    solves no problem, keeps bounds as it divides, and with group limits or turnover gives the
    weights within all limits that are nearest to those (`limits.nearest`). Raises `BadParameter`
    for a name or a limit out of range, and `DataNotFit` if no weights keep the limits or skfolio is
    missing.
    """
    table, kept = _table(returns), limits or Limits()
    k = table.shape[1]
    _check_name("objective", objective, get_args(Objective))
    _check_name("leaf_order", leaf_order, get_args(LeafOrder))
    check_limits(kept, k)
    if not 0.0 < tail < 1.0:
        raise BadParameter(f"tail={tail}: expected between 0 and 1", parameter="tail")
    skfolio = _skfolio()
    prior = None if views is None else black_litterman(views, k)
    if objective == "hrp":
        model = _hrp(skfolio, bounds(kept, k), prior, leaf_order)
        return _whole(nearest(_fitted(model, table), kept))
    arguments = _constraints(kept, k) | {"prior_estimator": prior}
    return _whole(_fitted(_convex(skfolio, objective, tail, arguments), table))


def _fitted(model: Any, table: Floats) -> Floats:
    from skfolio.exceptions import SkfolioError

    try:
        return np.asarray(model.fit(table).weights_, dtype=np.float64)
    # It checks its own arguments by ValueError: bounds that it cannot have, a problem not convex.
    except (SkfolioError, ValueError) as exc:
        raise DataNotFit(
            f"no weights keep these limits on these returns: widen one ({exc})"
        ) from exc


def _whole(weights: Floats) -> Floats:
    """Weights of sum 1 exactly; `DataNotFit` if they are off by more than rounding."""
    if not np.isfinite(weights).all() or abs(weights.sum() - 1.0) > ROUNDING:
        raise DataNotFit("the solver found no weights that sum to 1")
    scaled: Floats = weights / weights.sum()
    return scaled


def _constraints(limits: Limits, k: int) -> dict[str, Any]:
    """The limits and the solver, as skfolio's convex models take them."""
    (low, high), (left, right) = bounds(limits, k), group_rows(limits, k)
    return {
        "min_weights": low,
        "max_weights": high,
        "left_inequality": left if len(left) else None,
        "right_inequality": right if len(left) else None,
        "add_constraints": turnover_bound(limits),
        "solver": SOLVER,
        "solver_params": TOLERANCES,
    }


def _convex(skfolio: Any, objective: Objective, tail: float, arguments: dict[str, Any]) -> Any:
    if objective == "risk-parity":
        return skfolio.optimization.RiskBudgeting(**arguments)
    goals, measures = skfolio.optimization.ObjectiveFunction, skfolio.RiskMeasure
    sharpe, cvar = objective == "maximum-sharpe", objective == "minimum-cvar"
    return skfolio.optimization.MeanRisk(
        objective_function=goals.MAXIMIZE_RATIO if sharpe else goals.MINIMIZE_RISK,
        risk_measure=measures.CVAR if cvar else measures.VARIANCE,
        cvar_beta=1.0 - tail,
        **arguments,
    )


def _hrp(skfolio: Any, within: tuple[Floats, Floats], prior: Any, order: LeafOrder) -> Any:
    from skfolio.cluster import HierarchicalClustering, LinkageMethod
    from skfolio.seriation import HierarchicalSeriation

    link = LinkageMethod.WARD if order == "optimal" else LinkageMethod.SINGLE
    seriation = HierarchicalSeriation(
        hierarchical_clustering_estimator=HierarchicalClustering(linkage_method=link),
        optimal_ordering=order == "optimal",
    )
    return skfolio.optimization.HierarchicalRiskParity(
        prior_estimator=prior,
        min_weights=within[0],
        max_weights=within[1],
        seriation_estimator=seriation,
    )


def _skfolio() -> Any:
    try:
        import skfolio.optimization
    except ImportError as exc:
        raise DataNotFit("optimisation needs skfolio: install trii[laptop]") from exc
    return skfolio


def _check_name(parameter: str, given: str, known: Sequence[str]) -> None:
    if given not in known:
        raise BadParameter(
            f"{parameter}={given!r}: expected one of {', '.join(known)}{did_you_mean(given, known)}",
            parameter=parameter,
        )


def _table(returns: ArrayLike) -> Floats:
    table = np.asarray(returns, dtype=np.float64)
    if table.ndim != 2 or len(table) < 2 or not np.isfinite(table).all():
        raise DataNotFit(f"expected finite returns (n, k), n at least 2, got {table.shape}")
    return table
