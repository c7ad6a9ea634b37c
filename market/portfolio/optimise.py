"""Optimal weights through skfolio with the solver CLARABEL; skfolio is loaded on the first call."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from market.arrays import Floats
from market.errors import BadParameter, DataNotFit

Objective = Literal["minimum-variance", "maximum-sharpe", "risk-parity", "hrp", "minimum-cvar"]
"""`minimum-cvar` is Rockafellar and Uryasev's; `hrp` Lopez de Prado's (2016)."""
LeafOrder = Literal["optimal", "dendrogram"]
"""Of `hrp`: `optimal` is Ward linkage with neighbouring leaves as close as can be (skfolio's own),
`dendrogram` the paper's single linkage in the order of the tree. Weights differ by several points."""

# At its default tolerance the solver leaves weights off by a thousandth.
_SOLVER = {"solver": "CLARABEL", "solver_params": {"tol_gap_abs": 1e-13, "tol_gap_rel": 1e-13}}
_ROUNDING = 1e-6


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What weights (k,) must keep. They sum to 1.

    `low` and `high` bound each weight. `groups` (k labels) and `group_limits` (label to lowest and
    highest sum) bound sums. `turnover` bounds half the sum of |weight - previous|.
    """

    low: float | Sequence[float] = 0.0
    high: float | Sequence[float] = 1.0
    groups: Sequence[str] | None = None
    group_limits: Mapping[str, tuple[float, float]] | None = None
    previous: Sequence[float] | None = None
    turnover: float | None = None


@dataclass(frozen=True, kw_only=True)
class Views:
    """What is believed of mean returns (Black and Litterman 1992), per period of the returns.

    `picks` (v, k) @ mean = `means` (v,). The prior is the equilibrium of equal weights, with
    uncertainty `tau` * cov; that of the views is the diagonal of tau * picks cov picks' (He and
    Litterman 1999).
    """

    picks: ArrayLike
    means: ArrayLike
    tau: float = 0.05


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
    `tail` is of `minimum-cvar`. Groups hold for all but `hrp`, turnover for those that are neither
    `hrp` nor `risk-parity`. Raises `BadParameter` for a name, a limit out of range or one that the
    objective cannot keep, and `DataNotFit` if no weights keep the limits or skfolio is missing.
    """
    table, kept = _table(returns), limits or Limits()
    _check(objective, kept, table.shape[1], leaf_order)
    if not 0.0 < tail < 1.0:
        raise BadParameter(f"tail={tail}: expected between 0 and 1", parameter="tail")
    prior = None if views is None else _black_litterman(views, table.shape[1])
    arguments = _arguments(kept, table.shape[1]) | {"prior_estimator": prior}
    return _solved(_model(objective, arguments, kept, tail, leaf_order), table)


def _solved(model: Any, table: Floats) -> Floats:
    from skfolio.exceptions import OptimizationError  # noqa: PLC0415  # loaded with the first call

    try:
        weights = np.asarray(model.fit(table).weights_, dtype=np.float64)
    except OptimizationError as exc:
        raise DataNotFit(f"no weights keep these limits on these returns: {exc}") from exc
    if not np.isfinite(weights).all() or abs(weights.sum() - 1.0) > _ROUNDING:
        raise DataNotFit("the solver found no weights that sum to 1")
    scaled: Floats = weights / weights.sum()
    return scaled


def _model(
    objective: Objective, arguments: dict[str, Any], limits: Limits, tail: float, order: LeafOrder
) -> Any:
    optimization, risk = _skfolio().optimization, _skfolio().RiskMeasure
    if objective == "hrp":
        bounds = {
            name: arguments[name] for name in ("min_weights", "max_weights", "prior_estimator")
        }
        return optimization.HierarchicalRiskParity(**bounds, seriation_estimator=_seriation(order))
    if objective == "risk-parity":
        return optimization.RiskBudgeting(**arguments, **_SOLVER)
    goals = optimization.ObjectiveFunction
    return optimization.MeanRisk(
        objective_function=goals.MAXIMIZE_RATIO
        if objective == "maximum-sharpe"
        else goals.MINIMIZE_RISK,
        risk_measure=risk.CVAR if objective == "minimum-cvar" else risk.VARIANCE,
        cvar_beta=1.0 - tail,
        add_constraints=_turnover(limits),
        **arguments,
        **_SOLVER,
    )


def _skfolio() -> Any:
    try:
        import skfolio.optimization  # noqa: PLC0415  # seconds to load, and not in the base install
    except ImportError as exc:
        raise DataNotFit("optimisation needs skfolio: install trii[laptop]") from exc
    return skfolio


def _seriation(order: LeafOrder) -> Any:
    from skfolio.cluster import HierarchicalClustering, LinkageMethod  # noqa: PLC0415
    from skfolio.seriation import HierarchicalSeriation  # noqa: PLC0415

    link = LinkageMethod.WARD if order == "optimal" else LinkageMethod.SINGLE
    return HierarchicalSeriation(
        hierarchical_clustering_estimator=HierarchicalClustering(linkage_method=link),
        optimal_ordering=order == "optimal",
    )


def _black_litterman(views: Views, k: int) -> Any:
    """The views in skfolio's own language, which refers to assets by name."""
    _skfolio()
    from skfolio.prior import BlackLitterman  # noqa: PLC0415

    picks, means = np.asarray(views.picks, np.float64), np.asarray(views.means, np.float64)
    if picks.ndim != 2 or picks.shape[1] != k or means.shape != picks.shape[:1]:
        raise BadParameter(f"views {picks.shape} and {means.shape}: expected (v, {k}) and (v,)")
    names = [f"x{j}" for j in range(k)]
    # Plain decimals: the equations know no exponents.
    lines = [
        "".join(f"{share:+.18f} * {name} " for share, name in zip(row, names, strict=True) if share)
        + f"== {mean:.18f}"
        for row, mean in zip(picks.tolist(), means.tolist(), strict=True)
    ]
    return BlackLitterman(views=lines, groups=[names], tau=views.tau)


def _arguments(limits: Limits, k: int) -> dict[str, Any]:
    """Bounds, and group limits as rows of left @ weights <= right."""
    found: dict[str, Any] = {
        "min_weights": np.broadcast_to(np.asarray(limits.low, np.float64), k).copy(),
        "max_weights": np.broadcast_to(np.asarray(limits.high, np.float64), k).copy(),
    }
    left, right = [], []
    for label, (low, high) in (limits.group_limits or {}).items():
        members = np.array([one == label for one in limits.groups or ()], dtype=np.float64)
        left += [members, -members]
        right += [high, -low]
    if left:
        found |= {"left_inequality": np.array(left), "right_inequality": np.array(right)}
    return found


def _turnover(limits: Limits) -> Callable[[Any], Any] | None:
    if limits.turnover is None:
        return None
    previous, most = np.asarray(limits.previous, dtype=np.float64), limits.turnover

    # By name: cvxpy's types leave out half of what it exports.
    cp: Any = import_module("cvxpy")

    def bounded(w: Any) -> Any:
        """Both sides carry the sum of w: ratios are maximised over weights of another scale."""
        return cp.sum(cp.abs(w - previous * cp.sum(w))) <= 2.0 * most * cp.sum(w)

    return bounded


def _check(objective: str, limits: Limits, k: int, order: str) -> None:
    for name, given, known in (
        ("objective", objective, get_args(Objective)),
        ("leaf_order", order, get_args(LeafOrder)),
    ):
        if given not in known:
            raise BadParameter(
                f"{name}={given!r}: expected one of {', '.join(known)}", parameter=name
            )
    if objective == "hrp" and limits.group_limits:
        raise BadParameter("hrp keeps no group limits", parameter="group_limits")
    if objective in ("hrp", "risk-parity") and limits.turnover is not None:
        raise BadParameter(f"{objective} keeps no limit on turnover", parameter="turnover")
    _check_sizes(limits, k)


def _check_sizes(limits: Limits, k: int) -> None:
    for name in ("low", "high", "groups", "previous"):
        given = getattr(limits, name)
        if given is not None and not isinstance(given, int | float) and len(given) != k:
            raise BadParameter(f"{name} has {len(given)} values for {k} assets", parameter=name)
    for label in limits.group_limits or {}:
        if label not in (limits.groups or ()):
            raise BadParameter(f"group {label!r} has no members", parameter="group_limits")
    if limits.turnover is not None and limits.previous is None:
        raise BadParameter("turnover needs the previous weights", parameter="previous")


def _table(returns: ArrayLike) -> Floats:
    table = np.asarray(returns, dtype=np.float64)
    if table.ndim != 2 or len(table) < 2 or not np.isfinite(table).all():
        raise DataNotFit(f"expected finite returns (n, k), n at least 2, got {table.shape}")
    return table
