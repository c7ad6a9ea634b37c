"""The tables of months and of years: compounded returns by calendar."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from market.arrays import Floats, floats, to_days
from market.errors import DataNotFit
from market.moments import growth, present


@dataclass(frozen=True, eq=False)
class MonthlyReturns:
    """``table`` (y, 12) by year and month, ``total`` (y,) of the year; NaN where no return was.

    ``years`` are consecutive. First and last month and year may be cut by the span.
    """

    years: tuple[int, ...]
    table: Floats
    total: Floats


def monthly_returns(returns: ArrayLike, session: object) -> MonthlyReturns:
    """Compounded returns of each calendar month.

    ``session`` (n,) is the date of each return, as `to_days` takes dates. Raises DataNotFit.
    """
    series = floats(returns, of="returns")
    present(series)  # for its checks
    days = to_days(session)
    if len(series) != len(days):
        raise DataNotFit(f"{len(series)} returns and {len(days)} sessions: expected the same")
    if not len(series):
        raise DataNotFit("expected at least one return")
    months = days.astype("datetime64[M]").astype(np.int64)
    years = tuple(range(1970 + int(months.min()) // 12, 1971 + int(months.max()) // 12))
    place = months - (years[0] - 1970) * 12
    table = _compounded(series, place, 12 * len(years)).reshape(-1, 12)
    return MonthlyReturns(years, table, _compounded(series, place // 12, len(years)))


@dataclass(frozen=True, eq=False)
class YearlyReturns:
    """``total`` (y,) of consecutive ``years``; NaN where no return was. The ends may be cut."""

    years: tuple[int, ...]
    total: Floats


def yearly_returns(returns: ArrayLike, session: object) -> YearlyReturns:
    """Compounded returns of each calendar year; arguments and errors as ``monthly_returns``."""
    months = monthly_returns(returns, session)
    return YearlyReturns(months.years, months.total)


def _compounded(series: Floats, group: NDArray[np.int64], count: int) -> Floats:
    values = [present(series[group == month]) for month in range(count)]
    return np.array([growth(month) - 1.0 if len(month) else np.nan for month in values])
