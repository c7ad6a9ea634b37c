"""How likely a Sharpe ratio is real: probabilistic, deflated, and the track record it needs.

Bailey and López de Prado, "The Sharpe Ratio Efficient Frontier" (2012) and "The Deflated Sharpe
Ratio" (2014). All ratios are per session, and all variances of them.
"""

import math
from statistics import NormalDist

from market.errors import BadParameter

_NORMAL = NormalDist()
# Times e it is still a float, so that its inverse is above 0 and has a quantile.
_MOST = 1e300
_EULER = 0.5772156649015329


def probabilistic_sharpe(
    sharpe: float,
    *,
    observations: int,
    benchmark: float = 0.0,
    skew: float = 0.0,
    kurtosis: float = 3.0,
) -> float:
    """The probability that the true Sharpe ratio is above ``benchmark``.

    Phi((sharpe - benchmark) * sqrt((n - 1) / (1 - skew * sharpe + (kurtosis - 1) / 4 * sharpe^2))).
    Raises BadParameter for a kurtosis that no distribution of that skew has: an excess one, mostly.
    """
    if observations < 2:
        raise BadParameter(
            f"observations={observations}: expected 2 or more", parameter="observations"
        )
    spread = math.sqrt(_variance(sharpe, skew, kurtosis))
    if not spread > 0.0:
        return math.nan
    return _NORMAL.cdf((sharpe - benchmark) * math.sqrt(observations - 1) / spread)


def minimum_track_record(
    sharpe: float,
    *,
    benchmark: float = 0.0,
    confidence: float = 0.95,
    skew: float = 0.0,
    kurtosis: float = 3.0,
) -> float:
    """How many sessions make ``probabilistic_sharpe`` reach ``confidence``; infinite if none do."""
    if not 0.5 < confidence < 1.0:
        raise BadParameter(f"confidence={confidence}: expected 0.5 to 1", parameter="confidence")
    variance = _variance(sharpe, skew, kurtosis)
    if not sharpe > benchmark:
        return math.inf
    return 1.0 + variance * (_NORMAL.inv_cdf(confidence) / (sharpe - benchmark)) ** 2


def expected_maximum_sharpe(*, trials: float, variance: float) -> float:
    """The highest Sharpe ratio to be expected of ``trials`` independent ones whose truth is zero.

    Finite numbers of trials, up to 1e300. ``variance`` is that of the trials' Sharpe ratios. One trial, or no variance, deflates nothing.
    """
    if not 1.0 <= trials <= _MOST:
        raise BadParameter(f"trials={trials}: expected 1 to {_MOST:g}", parameter="trials")
    if not 0.0 <= variance < math.inf:
        raise BadParameter(f"variance={variance}: expected 0 or more", parameter="variance")
    if trials == 1.0:
        return 0.0
    # By the lower tail, which has digits where 1 - 1 / trials has none.
    high = (1 - _EULER) * -_NORMAL.inv_cdf(1 / trials)
    higher = _EULER * -_NORMAL.inv_cdf(1 / (trials * math.e))
    # The approximation falls below zero for less than about one and a half trials.
    return max(0.0, math.sqrt(variance) * (high + higher))


def deflated_sharpe(
    sharpe: float,
    *,
    trials: float,
    variance: float,
    observations: int,
    skew: float = 0.0,
    kurtosis: float = 3.0,
) -> float:
    """The probability that the best of ``trials`` is better than the best of as many worthless ones.

    ``sharpe`` is the best trial's, ``variance`` that of all trials' Sharpe ratios, both per session:
    an annual variance over 250 sessions is 250 times as large.
    """
    return probabilistic_sharpe(
        sharpe,
        benchmark=expected_maximum_sharpe(trials=trials, variance=variance),
        observations=observations,
        skew=skew,
        kurtosis=kurtosis,
    )


def _variance(sharpe: float, skew: float, kurtosis: float) -> float:
    """The asymptotic variance of sqrt(n) times a Sharpe ratio."""
    # Returns of two values stand on the bound itself: rounding may put them just below.
    if kurtosis < 1.0 + skew**2 - 1e-9:
        raise BadParameter(
            f"kurtosis={kurtosis} with skew={skew}: no distribution has it; "
            "pass the kurtosis that is 3 for a normal, not the excess",
            parameter="kurtosis",
        )
    # At kurtosis = 1 + skew^2 it touches 0, and rounding may take it below.
    return max(0.0, 1.0 - skew * sharpe + (kurtosis - 1.0) / 4.0 * sharpe**2)
