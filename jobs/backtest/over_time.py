"""A result year by year, and how much was held and traded in it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow.compute as pc

from jobs.backtest.gather import Result
from market.arrays import Floats
from market.backtest import session_returns
from market.statistics import monthly_returns

_LONG_YEARS, _LONG_RISE = 5, 4.0
_DAYS = 365.25


@dataclass(frozen=True)
class YearRow:
    """Returns of a year and its twelve months, None where there was none; the baseline's year."""

    year: int
    months: list[float | None]
    total: float | None
    baseline: float | None


def is_long(result: Result) -> bool:
    """Five years or more, or a rise to four times: a linear axis would show the last years alone."""
    curves = np.concatenate([result.equity, result.baseline])
    years = (result.session[-1] - result.session[0]).astype(int) / _DAYS
    rise = max(float(curve.max() / curve[0]) for curve in (result.equity, result.baseline))
    return bool(curves.min() > 0.0 and (years >= _LONG_YEARS or rise >= _LONG_RISE))


def year_rows(result: Result) -> list[YearRow]:
    """A row a calendar year; the first and the last may be cut by the span."""
    ours, theirs = (
        monthly_returns(session_returns(curve), result.session[1:])
        for curve in (result.equity, result.baseline)
    )
    return [
        YearRow(year, _known(ours.table[row]), _known(ours.total)[row], _known(theirs.total)[row])
        for row, year in enumerate(ours.years)
    ]


def activity(result: Result) -> dict[str, Any]:
    """How much was held and traded.

    `exposure`: the share of all sessions of all instruments that were spent in a trade. `turnover`:
    what was bought and sold a year over mean equity; what open trades have sold again is not in it.
    """
    sessions = len(result.session) - 1
    held = float(pc.sum(result.trades["sessions"]).as_py() or 0)
    years = sessions / result.sessions_per_year
    traded = _notional(result, "entry_price") + _notional(result, "exit_price")
    return {
        "exposure": held / (sessions * len(result.instrument_ids)),
        "turnover": traded / float(result.equity.mean()) / years,
    }


def _notional(result: Result, price: str) -> float:
    sums = pc.sum(pc.multiply(pc.abs(result.trades["units"]), result.trades[price]))
    return float(sums.as_py() or 0.0)


def _known(values: Floats) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in values]
