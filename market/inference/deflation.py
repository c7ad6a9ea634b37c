"""The verdict on the best of a search: its Sharpe ratio deflated by trials and by ideas."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from market.arrays import Floats
from market.errors import DataNotFit
from market.inference.clusters import near_copies
from market.inference.sharpe import deflated_sharpe, expected_maximum_sharpe
from market.inference.trials import session_sharpes, trial_matrix
from market.moments import varies
from market.statistics import kurtosis, skew


@dataclass(frozen=True, slots=True)
class Deflated:
    """``probability`` that the best beats ``threshold``, the best of ``trials`` worthless ones."""

    trials: int
    variance: float
    threshold: float
    probability: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """The best trial, deflated twice. ``best`` is its column, ``sharpe`` its ratio per session.

    ``raw`` counts every trial with the variance of all; ``clustered`` counts clusters of
    near-copies with the variance of their representatives. ``idle`` trials never varied: they are
    in neither count.
    """

    best: int
    sharpe: float
    observations: int
    raw: Deflated
    clustered: Deflated
    idle: int

    @property
    def probability(self) -> float:
        """The stricter of both: what counts."""
        return min(self.raw.probability, self.clustered.probability)


def deflate(returns: ArrayLike, *, above: float = 0.95) -> Verdict:
    """Deflates the highest Sharpe ratio among trials (n, k), near-copies being |rho| > ``above``.

    A cluster is represented by its highest Sharpe ratio, so the best trial always stands for its
    own. Neither count is always the stricter: near-copies add trials, but lessen the variance.
    """
    matrix = trial_matrix(returns)
    varied = np.flatnonzero(varies(matrix))
    if not len(varied):
        raise DataNotFit("no trial's returns ever varied: there is nothing to judge")
    moving = matrix[:, varied]
    sharpes = session_sharpes(moving)
    best = int(np.argmax(sharpes))
    cluster = near_copies(moving, above=above)
    return Verdict(
        best=int(varied[best]),
        sharpe=float(sharpes[best]),
        observations=len(matrix),
        raw=_deflated(moving[:, best], sharpes),
        clustered=_deflated(moving[:, best], _representatives(sharpes, cluster)),
        idle=matrix.shape[1] - len(varied),
    )


def _representatives(sharpes: Floats, cluster: NDArray[np.int64]) -> Floats:
    highest = np.full(int(cluster.max()) + 1, -math.inf)
    # ``at``, since a cluster has several trials: an assignment would keep the last of them.
    np.maximum.at(highest, cluster, sharpes)
    return highest


def _deflated(best: Floats, sharpes: Floats) -> Deflated:
    """``best`` (n,) are the returns of the highest of ``sharpes``."""
    variance = float(np.var(sharpes, ddof=1)) if len(sharpes) > 1 else 0.0
    probability = deflated_sharpe(
        float(sharpes.max()),
        trials=len(sharpes),
        variance=variance,
        observations=len(best),
        skew=skew(best),
        # ``statistics`` has the excess, the formula the fourth moment itself.
        kurtosis=kurtosis(best) + 3.0,
    )
    threshold = expected_maximum_sharpe(trials=len(sharpes), variance=variance)
    return Deflated(len(sharpes), variance, threshold, probability)
