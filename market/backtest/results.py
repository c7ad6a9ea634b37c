"""From sleeves to one result: the sum in a fixed order, and the figures of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from market import statistics
from market.arrays import Days, Floats, from_day


@dataclass(frozen=True, eq=False)
class Curve:
    """Equity (n,) at the close of each session (n,) that the instrument traded in."""

    session: Days
    equity: Floats


def align(curves: Sequence[Curve], *, sleeve_cash: float) -> tuple[Days, Floats]:
    """The union of the sessions (n,), and every sleeve's equity on it, shape (m, n).

    Before its first bar a sleeve is its cash; between bars and after its last it is worth what it
    was worth at its last close.
    """
    session = np.unique(np.concatenate([curve.session for curve in curves]))
    equity = np.full((len(curves), len(session)), sleeve_cash)
    for row, curve in enumerate(curves):
        # -1 before the first bar, where the sleeve is still its cash.
        last = np.searchsorted(curve.session, session, side="right") - 1
        known = last >= 0
        equity[row, known] = curve.equity[last[known]]
    return session, equity


def total(equity: Floats) -> Floats:
    """The sum over sleeves (m, n) -> (n,), row after row: the order, so the bits, are fixed."""
    result = np.zeros(equity.shape[1])
    for row in equity:
        result += row
    return result


def session_returns(equity: Floats) -> Floats:
    """Simple returns (n-1,) of an equity curve (n,). Nothing can be filled at the first session."""
    return equity[1:] / equity[:-1] - 1.0


def drawdown(equity: Floats) -> Floats:
    """Equity over its highest so far, minus 1: shape (n,), never above 0."""
    return equity / np.maximum.accumulate(equity) - 1.0


@dataclass(frozen=True)
class Figures:
    """What a curve came to: `values` by the names of `statistics.METHODS`, None where undefined."""

    initial_equity: float
    final_equity: float
    values: dict[str, float | None]
    drawdown_from: date
    drawdown_to: date


def figures(session: Days, equity: Floats, *, sessions_per_year: int) -> Figures:
    """Figures of a curve of two sessions or more."""
    returns = session_returns(equity)
    fall = statistics.max_drawdown(returns)
    return Figures(
        initial_equity=float(equity[0]),
        final_equity=float(equity[-1]),
        values=statistics.summary(returns, sessions_per_year=sessions_per_year),
        drawdown_from=from_day(session[fall.peak]),
        drawdown_to=from_day(session[fall.trough]),
    )
