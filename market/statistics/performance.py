"""Growth, spread and the ratios of the two, from returns of one session each."""

import math

import numpy as np
from numpy.typing import ArrayLike

from market.arrays import Floats
from market.errors import BadParameter
from market.moments import deviation, given, growth, mean, present, ratio, standardised_moment
from market.statistics.drawdowns import max_drawdown


def total_return(returns: ArrayLike) -> float:
    """Growth of one unit over the whole span."""
    r = present(returns)
    return growth(r) - 1.0 if len(r) else math.nan


def cagr(returns: ArrayLike, *, sessions_per_year: int) -> float:
    """Compound annual growth rate; NaN if equity ends below zero."""
    r = present(returns)
    wealth = growth(r)
    if not len(r) or wealth < 0.0:
        return math.nan
    try:
        return float(wealth ** (checked_year(sessions_per_year) / len(r)) - 1.0)
    except OverflowError:
        # A few enormous returns, compounded to a year: no number to report.
        return math.nan


def volatility(returns: ArrayLike, *, sessions_per_year: int) -> float:
    """Annual standard deviation."""
    return deviation(present(returns)) * math.sqrt(checked_year(sessions_per_year))


def sharpe(returns: ArrayLike, *, sessions_per_year: int, risk_free: float = 0.0) -> float:
    """Annual Sharpe ratio over ``risk_free``, a rate a year such as 0.03."""
    r = present(returns) - session_rate(risk_free, sessions_per_year)
    return ratio(mean(r), deviation(r)) * math.sqrt(checked_year(sessions_per_year))


def sortino(returns: ArrayLike, *, sessions_per_year: int, risk_free: float = 0.0) -> float:
    """Annual Sortino ratio with ``risk_free``, a rate a year, as target."""
    r = present(returns) - session_rate(risk_free, sessions_per_year)
    downside = math.sqrt(mean(np.minimum(r, 0.0) ** 2)) if len(r) else math.nan
    return ratio(mean(r), downside) * math.sqrt(checked_year(sessions_per_year))


def calmar(returns: ArrayLike, *, sessions_per_year: int) -> float:
    """Growth by the deepest fall."""
    depth = max_drawdown(returns).depth
    return ratio(cagr(returns, sessions_per_year=sessions_per_year), abs(depth))


def omega(returns: ArrayLike, *, threshold: float = 0.0) -> float:
    """Sum of what returns gained above ``threshold`` by what they fell short of it.

    ``threshold`` is a return of one session (Keating and Shadwick 2002). NaN if none fell short.
    """
    return _gained_by_lost(present(returns) - threshold)


def _gained_by_lost(excess: Floats) -> float:
    gained, lost = np.maximum(excess, 0.0), np.maximum(-excess, 0.0)
    return ratio(math.fsum(gained.tolist()), math.fsum(lost.tolist()))


def profit_factor(profits: ArrayLike) -> float:
    """Sum of gains by sum of losses over closed trades, ``profits`` (n,) in money or return.

    The ratio at threshold zero of ``omega``, which is the same sum over sessions; NaN if no trade
    lost.
    """
    return _gained_by_lost(given(profits))


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


def kelly(returns: ArrayLike) -> float:
    """Kelly's share of wealth for bets of two outcomes, the mean gain and the mean loss.

    The share of gains p less 1 - p by the mean gain in mean losses; sessions of exactly 0 are no bet.
    NaN unless there was a gain and a loss; below 0 nothing should be staked.
    """
    r = present(returns)
    gains, losses = r[r > 0.0], r[r < 0.0]
    odds = ratio(mean(gains), -mean(losses))
    won = ratio(float(len(gains)), float(len(gains) + len(losses)))
    return won - (1.0 - won) / odds


def session_rate(risk_free: float, sessions_per_year: int) -> float:
    """The return of one session that compounds to a rate a year; BadParameter unless above -1."""
    if not -1.0 < risk_free <= 10.0:
        raise BadParameter(
            f"risk_free={risk_free}: expected a rate a year, such as 0.03", parameter="risk_free"
        )
    # Exactly 0 for a rate of 0: returns stay what they are, to the bit.
    return float((1.0 + risk_free) ** (1.0 / checked_year(sessions_per_year)) - 1.0)


def checked_year(sessions_per_year: int) -> int:
    """The number itself; BadParameter if it is not above 0."""
    if sessions_per_year <= 0:
        raise BadParameter(
            f"sessions_per_year={sessions_per_year}: expected above 0",
            parameter="sessions_per_year",
        )
    return sessions_per_year
