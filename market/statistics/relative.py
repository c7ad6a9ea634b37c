"""A return series beside a benchmark: alpha, beta, information ratio and capture.

Both series are simple returns (n,) of the same sessions. A session where either is missing is left
out of both: two Series of pandas are paired by their dates, all else by position.
"""

import math
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from market import named
from market.arrays import Floats, floats
from market.errors import BadParameter, DataNotFit
from market.moments import deviation, mean, present, ratio
from market.statistics.performance import cagr, checked_year, session_rate

AnnualMethod = Literal["compound", "simple"]


def beta(returns: ArrayLike, benchmark: ArrayLike) -> float:
    """Slope of the regression of returns on the benchmark's; NaN if the benchmark never moved."""
    r, b = _pairs(returns, benchmark)
    return _slope(r, b)


def alpha(
    returns: ArrayLike,
    benchmark: ArrayLike,
    *,
    sessions_per_year: int,
    method: AnnualMethod = "compound",
) -> float:
    """Annual intercept of that regression, a per session.

    ``compound`` is (1 + a) ^ sessions_per_year - 1 (empyrical), NaN for a below -1 and beyond the
    range of a float; ``simple`` is a * sessions_per_year (quantstats).
    """
    r, b = _pairs(returns, benchmark)
    year, a = checked_year(sessions_per_year), mean(r) - _slope(r, b) * mean(b)
    if method not in ("compound", "simple"):
        raise BadParameter(f"method={method!r}: expected compound or simple", parameter="method")
    return a * year if method == "simple" else _compounded(a, year)


def _compounded(a: float, year: int) -> float:
    if a < -1.0:
        return math.nan
    try:
        return float((1.0 + a) ** year - 1.0)
    except OverflowError:
        return math.nan


def information_ratio(returns: ArrayLike, benchmark: ArrayLike, *, sessions_per_year: int) -> float:
    """Mean active return by its standard deviation (ddof 1), annual: the Sharpe ratio of r - b."""
    r, b = _pairs(returns, benchmark)
    active = r - b
    return ratio(mean(active), deviation(active)) * math.sqrt(checked_year(sessions_per_year))


def tracking_error(returns: ArrayLike, benchmark: ArrayLike, *, sessions_per_year: int) -> float:
    """Annual standard deviation (ddof 1) of the active return r - b."""
    r, b = _pairs(returns, benchmark)
    return deviation(r - b) * math.sqrt(checked_year(sessions_per_year))


def treynor(
    returns: ArrayLike, benchmark: ArrayLike, *, sessions_per_year: int, risk_free: float = 0.0
) -> float:
    """CAGR above ``risk_free`` (a rate a year) by beta; NaN for a beta of 0."""
    r, b = _pairs(returns, benchmark)
    session_rate(risk_free, sessions_per_year)  # for its check
    slope = _slope(r, b)
    return (cagr(r, sessions_per_year=sessions_per_year) - risk_free) / slope if slope else math.nan


def up_capture(returns: ArrayLike, benchmark: ArrayLike, *, sessions_per_year: int) -> float:
    """CAGR by the benchmark's CAGR, both over the sessions alone in which the benchmark gained."""
    r, b = _pairs(returns, benchmark)
    return _capture(r[b > 0.0], b[b > 0.0], sessions_per_year)


def down_capture(returns: ArrayLike, benchmark: ArrayLike, *, sessions_per_year: int) -> float:
    """The same over the sessions in which the benchmark lost; below 1 where less was lost."""
    r, b = _pairs(returns, benchmark)
    return _capture(r[b < 0.0], b[b < 0.0], sessions_per_year)


def _capture(r: Floats, b: Floats, year: int) -> float:
    ours, theirs = cagr(r, sessions_per_year=year), cagr(b, sessions_per_year=year)
    return ours / theirs if theirs else math.nan


def _slope(r: Floats, b: Floats) -> float:
    if len(r) < 2 or not deviation(b) > 0.0:
        return math.nan
    off = b - mean(b)
    return math.fsum((off * (r - mean(r))).tolist()) / math.fsum((off * off).tolist())


def _pairs(returns: ArrayLike, benchmark: ArrayLike) -> tuple[Floats, Floats]:
    r, b = (floats(side, of="returns") for side in named.paired(returns, benchmark))
    for side in (r, b):
        present(side)  # for its checks
    if r.shape != b.shape:
        raise DataNotFit(f"{len(r)} returns and {len(b)} of the benchmark: expected the same")
    both = ~(np.isnan(r) | np.isnan(b))
    return r[both], b[both]
