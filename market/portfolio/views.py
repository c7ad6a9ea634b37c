"""What is taken for means and covariances: the sample, shrunk or not, or views on top of it."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from market.errors import BadParameter

CovarianceMethod = Literal["sample", "ledoit-wolf"]
"""`ledoit-wolf` shrinks the sample's towards one variance for all and no covariance (2004), by as
much as the sample itself says: for few sessions of many assets."""


@dataclass(frozen=True, kw_only=True)
class Views:
    """What is believed of mean returns (Black and Litterman 1992), per period of the returns.

    `picks` (v, k) @ mean = `means` (v,); a frame's columns and a Series' labels are matched with
    those of the returns and of the picks by name. The prior is the equilibrium of equal weights with risk
    aversion 1, with uncertainty `tau` * cov; that of the views is the diagonal of
    tau * picks cov picks' (He and Litterman 1999).
    """

    picks: ArrayLike
    means: ArrayLike
    tau: float = 0.05


def prior_of(views: Views | None, covariance: CovarianceMethod, k: int) -> Any:
    """The estimator of means and covariances of k assets; `BadParameter` for views of another shape."""
    from skfolio.moments import EquilibriumMu
    from skfolio.prior import BlackLitterman, EmpiricalPrior

    if views is None:
        return EmpiricalPrior(covariance_estimator=estimator(covariance))
    equilibrium = EmpiricalPrior(
        mu_estimator=EquilibriumMu(covariance_estimator=estimator(covariance)),
        covariance_estimator=estimator(covariance),
    )
    names = [f"x{j}" for j in range(k)]
    lines = _equations(views, names)
    return BlackLitterman(views=lines, groups=[names], tau=views.tau, prior_estimator=equilibrium)


def estimator(covariance: CovarianceMethod) -> Any:
    """Of the covariance matrix; one object a use, for fitting changes it."""
    from skfolio.moments import EmpiricalCovariance, LedoitWolf

    return LedoitWolf() if covariance == "ledoit-wolf" else EmpiricalCovariance()


def _equations(views: Views, names: list[str]) -> list[str]:
    picks, means = np.asarray(views.picks, np.float64), np.asarray(views.means, np.float64)
    k = len(names)
    if picks.ndim != 2 or picks.shape[1] != k or means.shape != picks.shape[:1]:
        raise BadParameter(
            f"views {picks.shape} and {means.shape}: expected (v, {k}) and (v,)", parameter="views"
        )
    # Plain decimals: the equations know no exponents.
    return [
        "".join(f"{share:+.18f} * {name} " for share, name in zip(row, names, strict=True) if share)
        + f"== {mean:.18f}"
        for row, mean in zip(picks.tolist(), means.tolist(), strict=True)
    ]
