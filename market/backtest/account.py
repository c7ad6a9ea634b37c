"""One cash account over several instruments: fills, what is held, and the trades that come of it."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from market.arrays import Floats, Mask
from market.backtest.kernel import TRADE, Trades

_DUST = 1e-12
"""A fill of a smaller share of equity is none: rounding would make one at each date."""


class Account:
    """Cash, and units (m,) of each instrument, negative for short.

    Sums are exactly rounded, so they do not depend on the order of the instruments. `spent` (m,) is
    what each of them has taken out of cash so far, costs included: its gain is what it is worth less that.
    """

    def __init__(self, instruments: int, *, cash: float, rate: float) -> None:
        self.rate = rate
        self.units = np.zeros(instruments)
        self.spent = np.zeros(instruments)
        self._begun_with = cash
        self._trades: list[dict[str, Any]] = []
        self._open: dict[int, dict[str, Any]] = {}

    @property
    def cash(self) -> float:
        return math.fsum((self._begun_with, *-self.spent))

    def worth(self, price: Floats) -> float:
        """Equity at prices (m,)."""
        return math.fsum((self._begun_with, *-self.spent, *(self.units * price)))

    def fill(self, weights: Floats, price: Floats, due: Mask, *, t: int) -> None:
        """Bring those instruments that are due to their shares of equity after costs, at bar `t`.

        What is not due stays as it is, marked at its price. All positions together are worth no more
        than equity: where others are in the way, what is due gets the same part of what it should.
        """
        held = self.units * price
        equity = self.worth(price)
        others = math.fsum(np.abs(held[~due]))
        aims = _aims(weights[due], held[due], equity=equity, others=others, rate=self.rate)
        for row, aim in zip(np.flatnonzero(due).tolist(), aims.tolist(), strict=True):
            if abs(aim - held[row]) > _DUST * equity or (aim == 0.0 and self.units[row]):
                self._trade(row, aim, float(price[row]), t)

    def hold_through(self, row: int, ratio: float, paid: float) -> None:
        """Book an ex-date: shares that one share of before has become, and what one is paid.

        Who is short pays it.
        """
        if trade := self._open.get(row):
            income = float(self.units[row]) * paid
            self.spent[row] -= income
            trade["income"] += income
            trade["pnl"] += income
            for name in ("units", "sold"):
                trade[name] *= ratio
            for name in ("entry_price", "exit_price"):
                trade[name] /= ratio
            self.units[row] *= ratio

    def end(self, row: int, worth: float, t: int) -> None:
        """Book a delisting: the position ends for what a share is worth, at no cost."""
        if row in self._open:
            self._book(row, -float(self.units[row]), worth, t, rate=0.0, ends=True)
            self.units[row] = 0.0

    def trades(self, price: Floats) -> Trades:
        """All trades by instrument and entry; open ones are marked at prices (m,)."""
        rows = sorted(self._trades, key=lambda trade: (trade["row"], trade["entry"]))
        found = np.array(
            [tuple(trade[name] for name in TRADE.names or ()) for trade in rows], TRADE
        )
        still = found["exit"] < 0
        found["pnl"][still] += (self.units * price)[found["row"][still]]
        return found

    def _trade(self, row: int, aim: float, price: float, t: int) -> None:
        units, wanted = float(self.units[row]), aim / price
        if units * wanted < 0.0:
            # Through zero it is two trades: one that ends, and one that begins.
            self._book(row, -units, price, t, rate=self.rate, ends=True)
            units = 0.0
        self._book(row, wanted - units, price, t, rate=self.rate, ends=wanted == 0.0)
        # Flat is exactly flat.
        self.units[row] = wanted

    def _book(
        self, row: int, change: float, price: float, t: int, *, rate: float, ends: bool
    ) -> None:
        cost = rate * abs(change * price)
        self.spent[row] += change * price + cost
        trade = self._open.pop(row, None) or self._begun(row, t)
        _record(trade, change, price, cost)
        if ends:
            trade["exit"] = t
        else:
            self._open[row] = trade

    def _begun(self, row: int, t: int) -> dict[str, Any]:
        trade = dict.fromkeys(TRADE.names or (), 0.0)
        trade |= {"row": row, "entry": t, "exit": -1, "exit_price": math.nan}
        self._trades.append(trade)
        return trade


def _record(trade: dict[str, Any], change: float, price: float, cost: float) -> None:
    """A fill that adds to the position is an entry, one that takes from it an exit."""
    exits = trade["units"] * change < 0.0
    total, mean, added = (
        ("sold", "exit_price", -change) if exits else ("units", "entry_price", change)
    )
    before = trade[total]
    trade[mean] = (trade[mean] * before + price * added) / (before + added) if before else price
    trade[total] = before + added
    trade["cost"] += cost
    trade["pnl"] -= change * price + cost


def _aims(weights: Floats, held: Floats, *, equity: float, others: float, rate: float) -> Floats:
    """Notional to hold of each after the fill, so that it is its share of the equity left by costs."""
    gross = math.fsum(np.abs(weights))
    nothing = np.zeros_like(weights)
    left = _left(weights, nothing, held, equity=equity, rate=rate)
    if gross * left - (left - others) <= _DUST * equity:
        return weights * left
    part = weights / gross
    left = _left(part, part * others, held, equity=equity, rate=rate)
    return part * (left - others) if left > others else nothing


def _left(slope: Floats, less: Floats, held: Floats, *, equity: float, rate: float) -> float:
    """Equity after the costs of going to slope * equity - less.

    It is where x + rate * sum |slope * x - less - held| = equity, which bends where a purchase
    becomes a sale and rises between: Newton's steps from above end at it.
    """
    left, signs = equity, np.zeros_like(held)
    for _ in range(len(held) + 2):
        now: NDArray[np.float64] = np.sign(slope * left - less - held)
        if np.array_equal(now, signs):
            break
        signs = now
        paid = rate * math.fsum(signs * (less + held))
        left = (equity + paid) / (1.0 + rate * math.fsum(signs * slope))
    return left
