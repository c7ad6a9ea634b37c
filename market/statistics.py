"""Performance statistics of a return series, by the plain definitions that empyrical also uses.

Every function takes simple returns of one session each, shape (n,). A NaN is a session without a
return: it is left out, and equity stays where it was. An undefined value (too few returns, nothing
to divide by) is NaN, and None in ``summary``. An infinite return raises DataNotFit.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from market.errors import BadParameter
from market.moments import deviation, growth, mean, present, ratio, standardised_moment

METHODS = {
    "observations": "number of sessions with a return",
    "total_return": "prod(1 + r) - 1",
    "cagr": "prod(1 + r) ^ (sessions_per_year / n) - 1",
    "volatility": "standard deviation (ddof 1) * sqrt(sessions_per_year)",
    "sharpe": "mean / standard deviation (ddof 1) * sqrt(sessions_per_year); risk-free rate 0",
    "sortino": "mean / sqrt(mean(min(r, 0)^2) over all sessions) * sqrt(sessions_per_year)",
    "max_drawdown": "lowest equity / highest equity before - 1; the start counts as a peak",
    "calmar": "cagr / |max_drawdown|",
    "hit_rate": "share of returns above 0",
    "skew": "third standardised moment, biased (ddof 0)",
    "kurtosis": "fourth standardised moment - 3 (excess), biased (ddof 0)",
    "value_at_risk_95": "5 % quantile of returns, linear interpolation (historical)",
    "expected_shortfall_95": "mean of the int((n - 1) * 0.05) + 1 lowest returns (historical)",
    "best": "highest return",
    "worst": "lowest return",
}
"""How each value of ``summary`` is defined."""


@dataclass(frozen=True, slots=True)
class Drawdown:
    """``depth`` <= 0; ``peak`` and ``trough`` count sessions from the start, which is 0.

    So ``returns[peak:trough]`` are the returns that led down.
    """

    depth: float
    peak: int
    trough: int


def total_return(returns: ArrayLike) -> float:
    """Growth of one unit over the whole span."""
    return growth(present(returns)) - 1.0


def cagr(returns: ArrayLike, *, sessions_per_year: int) -> float:
    """Compound annual growth rate; NaN if equity ends below zero."""
    r = present(returns)
    wealth = growth(r)
    if not len(r) or wealth < 0.0:
        return math.nan
    try:
        return float(wealth ** (_checked(sessions_per_year) / len(r)) - 1.0)
    except OverflowError:
        # A few enormous returns, compounded to a year: no number to report.
        return math.nan


def volatility(returns: ArrayLike, *, sessions_per_year: int) -> float:
    """Annual standard deviation."""
    return deviation(present(returns)) * math.sqrt(_checked(sessions_per_year))


def sharpe(returns: ArrayLike, *, sessions_per_year: int) -> float:
    """Annual Sharpe ratio over a risk-free rate of zero."""
    r = present(returns)
    return ratio(mean(r), deviation(r)) * math.sqrt(_checked(sessions_per_year))


def sortino(returns: ArrayLike, *, sessions_per_year: int) -> float:
    """Annual Sortino ratio with a target of zero."""
    r = present(returns)
    downside = math.sqrt(mean(np.minimum(r, 0.0) ** 2)) if len(r) else math.nan
    return ratio(mean(r), downside) * math.sqrt(_checked(sessions_per_year))


def max_drawdown(returns: ArrayLike) -> Drawdown:
    """The deepest fall of equity from a peak, with where it began and ended."""
    series = np.asarray(returns, dtype=np.float64)
    present(series)  # for its checks
    equity = np.concatenate(([1.0], np.cumprod(1.0 + np.nan_to_num(series, nan=0.0))))
    depth = equity / np.maximum.accumulate(equity) - 1.0
    trough = int(np.argmin(depth))
    return Drawdown(float(depth[trough]), int(np.argmax(equity[: trough + 1])), trough)


def calmar(returns: ArrayLike, *, sessions_per_year: int) -> float:
    """Growth by the deepest fall."""
    depth = max_drawdown(returns).depth
    return ratio(cagr(returns, sessions_per_year=sessions_per_year), abs(depth))


def hit_rate(returns: ArrayLike) -> float:
    """The share of sessions that gained."""
    r = present(returns)
    return ratio(float(np.count_nonzero(r > 0.0)), float(len(r)))


def skew(returns: ArrayLike) -> float:
    """Skewness."""
    return standardised_moment(present(returns), 3)


def kurtosis(returns: ArrayLike) -> float:
    """Excess kurtosis."""
    return standardised_moment(present(returns), 4) - 3.0


def value_at_risk(returns: ArrayLike, *, tail: float = 0.05) -> float:
    """The historical ``tail`` quantile of returns, negative for a loss."""
    r = present(returns)
    return float(np.quantile(r, tail)) if len(r) else math.nan


def expected_shortfall(returns: ArrayLike, *, tail: float = 0.05) -> float:
    """The mean of the worst returns, negative for a loss."""
    r = np.sort(present(returns))
    return mean(r[: int((len(r) - 1) * tail) + 1])


def summary(returns: ArrayLike, *, sessions_per_year: int) -> dict[str, float | None]:
    """All statistics by the names of ``METHODS``; what is undefined is None, never NaN."""
    r, year = present(returns), sessions_per_year
    values = {
        "observations": float(len(r)),
        "total_return": total_return(r) if len(r) else math.nan,
        "cagr": cagr(r, sessions_per_year=year),
        "volatility": volatility(r, sessions_per_year=year),
        "sharpe": sharpe(r, sessions_per_year=year),
        "sortino": sortino(r, sessions_per_year=year),
        "max_drawdown": max_drawdown(r).depth if len(r) else math.nan,
        "calmar": calmar(r, sessions_per_year=year),
        "hit_rate": hit_rate(r),
        "skew": skew(r),
        "kurtosis": kurtosis(r),
        "value_at_risk_95": value_at_risk(r),
        "expected_shortfall_95": expected_shortfall(r),
        "best": float(r.max()) if len(r) else math.nan,
        "worst": float(r.min()) if len(r) else math.nan,
    }
    return {name: value if math.isfinite(value) else None for name, value in values.items()}


def _checked(sessions_per_year: int) -> int:
    if sessions_per_year <= 0:
        raise BadParameter(
            f"sessions_per_year={sessions_per_year}: expected above 0",
            parameter="sessions_per_year",
        )
    return sessions_per_year
