"""Views on mean returns (Black and Litterman), in the language of skfolio's prior."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from market.errors import BadParameter


@dataclass(frozen=True, kw_only=True)
class Views:
    """What is believed of mean returns (Black and Litterman 1992), per period of the returns.

    `picks` (v, k) @ mean = `means` (v,). The prior is the equilibrium of equal weights with risk
    aversion 1, with uncertainty `tau` * cov; that of the views is the diagonal of
    tau * picks cov picks' (He and Litterman 1999).
    """

    picks: ArrayLike
    means: ArrayLike
    tau: float = 0.05


def black_litterman(views: Views, k: int) -> Any:
    """The estimator of the posterior of k assets; `BadParameter` for views of another shape."""
    from skfolio.prior import BlackLitterman

    picks, means = np.asarray(views.picks, np.float64), np.asarray(views.means, np.float64)
    if picks.ndim != 2 or picks.shape[1] != k or means.shape != picks.shape[:1]:
        raise BadParameter(
            f"views {picks.shape} and {means.shape}: expected (v, {k}) and (v,)", parameter="views"
        )
    names = [f"x{j}" for j in range(k)]
    # Plain decimals: the equations know no exponents.
    lines = [
        "".join(f"{share:+.18f} * {name} " for share, name in zip(row, names, strict=True) if share)
        + f"== {mean:.18f}"
        for row, mean in zip(picks.tolist(), means.tolist(), strict=True)
    ]
    return BlackLitterman(views=lines, groups=[names], tau=views.tau)
