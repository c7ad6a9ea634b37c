"""A question about weights, put to skfolio, and the true reason where it has no answer."""

import warnings
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from market.arrays import Floats
from market.errors import DataNotFit
from market.portfolio.limits import (
    SOLVER,
    TOLERANCES,
    Limits,
    best_mean,
    bounds,
    group_rows,
    nearest,
    turnover_bound,
)
from market.portfolio.views import CovarianceMethod, Views, estimator, prior_of

Objective = Literal[
    "minimum-variance", "maximum-sharpe", "maximum-return", "risk-parity", "hrp", "minimum-cvar"
]
"""`minimum-cvar` is Rockafellar and Uryasev's; `hrp` Lopez de Prado's (2016); `risk-parity` the
least volatility over the geometric mean of the weights, where contributions are equal if no limit
binds (Richard and Roncalli 2019); `maximum-return` the highest mean at a `target_risk`."""
LeafOrder = Literal["optimal", "dendrogram"]
"""Of `hrp`: `optimal` is Ward linkage with neighbouring leaves as close as can be (skfolio's own),
`dendrogram` the paper's single linkage in the order of the tree. Weights differ by several points."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What is asked of returns (n, k). All of it has been checked."""

    table: Floats
    objective: Objective
    limits: Limits
    views: Views | None = None
    covariance: CovarianceMethod = "sample"
    tail: float = 0.05
    leaf_order: LeafOrder = "optimal"
    target_return: float | None = None
    target_risk: float | None = None

    @property
    def k(self) -> int:
        """How many assets."""
        return int(self.table.shape[1])

    def solved(self) -> Floats:
        """Weights (k,). Raises `DataNotFit`."""
        from skfolio.exceptions import SkfolioError

        try:
            return self._fitted(self._model()).weights_  # type: ignore[no-any-return]  # skfolio's
        # It checks its own arguments by ValueError: bounds that it cannot have, a problem not convex.
        except (SkfolioError, ValueError) as exc:
            raise DataNotFit(self._reason(exc)) from exc

    def moments(self) -> tuple[Floats, Floats]:
        """Means (k,) and covariances (k, k) that the problem is solved with."""
        fitted = self._fitted(prior_of(self.views, self.covariance, self.k)).return_distribution_
        return fitted.mu, fitted.covariance

    def _fitted(self, model: Any) -> Any:
        # Covariances of few sessions are singular: it takes the nearest that is not, and warns. Caught
        # as well as ignored, for it sets filters of its own.
        with warnings.catch_warnings(record=True):
            warnings.simplefilter("ignore")
            return model.fit(self.table)

    def _model(self) -> Any:
        if self.objective == "hrp":
            return self._hrp()
        prior = prior_of(self.views, self.covariance, self.k)
        arguments = self._constraints() | {"prior_estimator": prior}
        import skfolio.optimization as models
        from skfolio import RiskMeasure

        if self.objective == "risk-parity":
            return models.RiskBudgeting(**arguments)
        goals, cvar = models.ObjectiveFunction, self.objective == "minimum-cvar"
        goal = {
            "maximum-sharpe": goals.MAXIMIZE_RATIO,
            "maximum-return": goals.MAXIMIZE_RETURN,
        }.get(self.objective, goals.MINIMIZE_RISK)
        return models.MeanRisk(
            objective_function=goal,
            risk_measure=RiskMeasure.CVAR if cvar else RiskMeasure.VARIANCE,
            cvar_beta=1.0 - self.tail,
            min_return=self.target_return,
            max_standard_deviation=self.target_risk,
            **arguments,
        )

    def _constraints(self) -> dict[str, Any]:
        """The limits and the solver, as skfolio's convex models take them."""
        (low, high), (left, right) = bounds(self.limits, self.k), group_rows(self.limits, self.k)
        return {
            "min_weights": low,
            "max_weights": high,
            "left_inequality": left if len(left) else None,
            "right_inequality": right if len(left) else None,
            "add_constraints": turnover_bound(self.limits),
            "solver": SOLVER,
            "solver_params": TOLERANCES,
        }

    def _hrp(self) -> Any:
        from skfolio.cluster import HierarchicalClustering, LinkageMethod
        from skfolio.distance import CovarianceDistance
        from skfolio.optimization import HierarchicalRiskParity
        from skfolio.seriation import HierarchicalSeriation

        within, optimal = bounds(self.limits, self.k), self.leaf_order == "optimal"
        link = LinkageMethod.WARD if optimal else LinkageMethod.SINGLE
        seriation = HierarchicalSeriation(
            hierarchical_clustering_estimator=HierarchicalClustering(linkage_method=link),
            optimal_ordering=optimal,
        )
        return HierarchicalRiskParity(
            prior_estimator=prior_of(self.views, self.covariance, self.k),
            min_weights=within[0],
            max_weights=within[1],
            distance_estimator=CovarianceDistance(covariance_estimator=estimator(self.covariance)),
            seriation_estimator=seriation,
        )

    def _reason(self, exc: Exception) -> str:
        """Why there are no weights, and what to change; raises itself where no weights keep the limits."""
        low, _ = bounds(self.limits, self.k)
        if self.objective in ("hrp", "risk-parity") and (low < 0.0).any():
            return f"{self.objective} knows no weights below 0: set low to 0 or above"
        nearest(np.full(self.k, 1.0 / self.k), self.limits)  # for what it raises
        highest = best_mean(self.moments()[0], self.limits)
        if self.objective == "maximum-sharpe" and highest <= 0.0:
            return (
                f"no weights within the limits have a mean return above 0 (the best {highest:.3g}), "
                "so no Sharpe ratio can be maximised: use minimum-variance, or other returns"
            )
        if self.target_return is not None and highest <= self.target_return:
            return (
                f"target_return={self.target_return:g}: the highest mean return within the limits "
                f"is {highest:.6g}: ask for less"
            )
        if self.target_risk is not None:
            return (
                f"target_risk={self.target_risk:g}: the lowest volatility within the limits is "
                f"{self._lowest():.6g}: ask for more"
            )
        return f"the solver found no weights: {exc}"

    def _lowest(self) -> float:
        least = replace(self, objective="minimum-variance", target_risk=None)
        weights, (_, cov) = least.solved(), self.moments()
        return float(np.sqrt(weights @ cov @ weights))
