"""The summary that reports and the API show, with how each of its values is defined."""

import math

from numpy.typing import ArrayLike

from market.moments import present
from market.statistics.drawdowns import max_drawdown
from market.statistics.performance import (
    cagr,
    calmar,
    hit_rate,
    kurtosis,
    omega,
    sharpe,
    skew,
    sortino,
    total_return,
    volatility,
)
from market.statistics.tails import expected_shortfall, tail_ratio, value_at_risk

METHODS = {
    "observations": "number of sessions with a return",
    "total_return": "prod(1 + r) - 1",
    "cagr": "prod(1 + r) ^ (sessions_per_year / n) - 1",
    "volatility": "standard deviation (ddof 1) * sqrt(sessions_per_year)",
    "sharpe": "mean / standard deviation (ddof 1) * sqrt(sessions_per_year); risk-free rate 0",
    "sortino": "mean / sqrt(mean(min(r, 0)^2) over all sessions) * sqrt(sessions_per_year)",
    "max_drawdown": "lowest equity / highest equity before - 1; the start counts as a peak",
    "calmar": "cagr / |max_drawdown|",
    "omega": "sum of gains / sum of losses, threshold 0",
    "hit_rate": "share of returns above 0",
    "skew": "third standardised moment, biased (ddof 0)",
    "kurtosis": "fourth standardised moment - 3 (excess), biased (ddof 0)",
    "tail_ratio": "|95 % quantile| / |5 % quantile|, linear interpolation (historical)",
    "value_at_risk_95": "5 % quantile of returns, linear interpolation (historical)",
    "expected_shortfall_95": "mean of the int((n - 1) * 0.05) + 1 lowest returns (historical)",
    "best": "highest return",
    "worst": "lowest return",
}
"""How each value of ``summary`` is defined."""


def summary(returns: ArrayLike, *, sessions_per_year: int) -> dict[str, float | None]:
    """All statistics by the names of ``METHODS``; what is undefined is None, never NaN."""
    r, year = present(returns), sessions_per_year
    values = {
        "observations": float(len(r)),
        "total_return": total_return(r),
        "cagr": cagr(r, sessions_per_year=year),
        "volatility": volatility(r, sessions_per_year=year),
        "sharpe": sharpe(r, sessions_per_year=year),
        "sortino": sortino(r, sessions_per_year=year),
        "max_drawdown": max_drawdown(r).depth if len(r) else math.nan,
        "calmar": calmar(r, sessions_per_year=year),
        "omega": omega(r),
        "hit_rate": hit_rate(r),
        "skew": skew(r),
        "kurtosis": kurtosis(r),
        "tail_ratio": tail_ratio(r),
        "value_at_risk_95": value_at_risk(r),
        "expected_shortfall_95": expected_shortfall(r),
        "best": float(r.max()) if len(r) else math.nan,
        "worst": float(r.min()) if len(r) else math.nan,
    }
    return {name: value if math.isfinite(value) else None for name, value in values.items()}
