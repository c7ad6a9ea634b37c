"""How much was held and traded, from the weights of a portfolio at the close of each session."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from market import named
from market.arrays import Floats, floats
from market.errors import BadParameter, DataNotFit
from market.statistics.performance import checked_year

TurnoverMethod = Literal["one-way", "two-way"]


@dataclass(frozen=True, slots=True)
class Exposure:
    """Means over sessions: ``gross`` of |weights|, ``net`` of weights, ``time`` of being invested."""

    gross: float
    net: float
    time: float


def exposure(weights: ArrayLike) -> Exposure:
    """How much of equity was invested; ``weights`` (n, k) are shares of equity, cash the rest."""
    held = _weights(weights)
    return Exposure(
        gross=float(np.abs(held).sum(axis=1).mean()),
        net=float(held.sum(axis=1).mean()),
        time=float((held != 0.0).any(axis=1).mean()),
    )


def turnover(
    weights: ArrayLike,
    asset_returns: ArrayLike,
    *,
    sessions_per_year: int,
    method: TurnoverMethod = "one-way",
) -> float:
    """What was traded a year, as a share of equity.

    ``weights`` (n, k) stand at each close, after its trades; ``asset_returns`` (n, k) are the
    assets' simple returns of the session that ends there (the first row is not read). Two frames
    are matched by their dates and columns, which must be the same. A trade is
    what the new weight differs by from the old one carried along by prices, so holding still is no
    turnover. DataNotFit where a session's returns take all of equity: no weights are carried from
    there. ``one-way`` counts the larger of buys and sells, which is half the sum with cash as
    one more asset; ``two-way`` counts both. The first purchase counts as a trade.
    """
    given = named.matched(weights, asset_returns, of="weights and returns")
    held, moves = map(_weights, given)
    if held.shape != moves.shape:
        raise DataNotFit(f"weights {held.shape} and returns {moves.shape}: expected the same shape")
    if method not in ("one-way", "two-way"):
        raise BadParameter(f"method={method!r}: expected one-way or two-way", parameter="method")
    trades = held - _carried(held, moves)
    bought, sold = np.maximum(trades, 0.0).sum(axis=1), np.maximum(-trades, 0.0).sum(axis=1)
    traded = np.maximum(bought, sold) if method == "one-way" else bought + sold
    return float(traded.mean()) * checked_year(sessions_per_year)


def _carried(held: Floats, moves: Floats) -> Floats:
    """The weights (n, k) just before each close's trades; nothing is held before the first."""
    before = np.zeros_like(held)
    earned = held[:-1] * moves[1:]
    grown = 1.0 + earned.sum(axis=1, keepdims=True)
    if (grown <= 0.0).any():
        row = 1 + int(np.argmax(grown <= 0.0))
        raise DataNotFit(f"the returns of session {row} take all of equity: end the weights before")
    before[1:] = (held[:-1] + earned) / grown
    return before


def _weights(values: ArrayLike) -> Floats:
    table = floats(values, of="weights and returns")
    if table.ndim != 2 or not table.size or not np.isfinite(table).all():
        raise DataNotFit(f"expected finite values of shape (n, k), got {table.shape}")
    return table
