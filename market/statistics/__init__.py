"""Performance statistics of a return series, by the plain definitions that empyrical also uses.

Every function takes simple returns of one session each, shape (n,), or says what else. A NaN is a
session without a return: it is left out, and equity stays where it was. An undefined value (too few
returns, nothing to divide by) is NaN, and None in ``summary``. An infinite return raises
DataNotFit. Where the field knows several methods, the method is a named parameter; how each agrees
with other libraries is in ``docs/statistics.md``.
"""

from market.statistics.drawdowns import (
    DatedDrawdown,
    Drawdown,
    drawdowns,
    max_drawdown,
    ulcer_index,
)
from market.statistics.months import MonthlyReturns, YearlyReturns, monthly_returns, yearly_returns
from market.statistics.performance import (
    cagr,
    calmar,
    hit_rate,
    kelly,
    kurtosis,
    omega,
    profit_factor,
    sharpe,
    skew,
    sortino,
    total_return,
    volatility,
)
from market.statistics.positions import Exposure, exposure, turnover
from market.statistics.relative import (
    alpha,
    beta,
    down_capture,
    information_ratio,
    tracking_error,
    treynor,
    up_capture,
)
from market.statistics.rolling import rolling
from market.statistics.summary import METHODS, summary
from market.statistics.tails import expected_shortfall, tail_ratio, value_at_risk

__all__ = [
    "METHODS",
    "DatedDrawdown",
    "Drawdown",
    "Exposure",
    "MonthlyReturns",
    "YearlyReturns",
    "alpha",
    "beta",
    "cagr",
    "calmar",
    "down_capture",
    "drawdowns",
    "expected_shortfall",
    "exposure",
    "hit_rate",
    "information_ratio",
    "kelly",
    "kurtosis",
    "max_drawdown",
    "monthly_returns",
    "omega",
    "profit_factor",
    "rolling",
    "sharpe",
    "skew",
    "sortino",
    "summary",
    "tail_ratio",
    "total_return",
    "tracking_error",
    "treynor",
    "turnover",
    "ulcer_index",
    "up_capture",
    "value_at_risk",
    "volatility",
    "yearly_returns",
]
