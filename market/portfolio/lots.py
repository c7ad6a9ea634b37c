"""Lots of one instrument: what was bought when and for how much, and what a sale realises."""

from bisect import insort
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from market.portfolio.money import ZERO, exact, fine

Method = Literal["fifo", "average"]
"""Which cost a sale takes: the oldest lot's, or the mean of all."""


@dataclass(frozen=True)
class Lot:
    """`quantity` (below 0 if short) that cost `cost`: settled money, below 0 where it was received."""

    opened: date
    quantity: Decimal
    cost: Decimal


class Lots:
    """The open lots, oldest first; all long or all short. With `average` there is one at most."""

    def __init__(self, method: Method) -> None:
        self.method = method
        self.open: list[Lot] = []

    @property
    def quantity(self) -> Decimal:
        with exact():
            return sum((lot.quantity for lot in self.open), ZERO)

    @property
    def cost(self) -> Decimal:
        with exact():
            return sum((lot.cost for lot in self.open), ZERO)

    def trade(self, day: date, quantity: Decimal, notional: Decimal) -> Decimal:
        """Book `quantity` for the settled `notional` (of its sign); gives what closing realised.

        A trade beyond flat closes all and opens the rest; its notional is divided by quantity.
        """
        with exact():
            closing = self._closing(quantity)
            # Not divided where all of it closes: what is divided is rounded.
            part = notional if closing == quantity else fine(notional * closing / quantity)
            realised = -self._close(-closing) - part if closing else ZERO
            if closing != quantity:
                # The rest by subtraction, so that both parts add up to what was settled.
                self._add(Lot(day, quantity - closing, notional - part))
            return realised

    def split(self, ratio: Fraction) -> Decimal:
        """`ratio` new for one old; the position is kept to 12 decimals, costs as they are.

        Gives what is lost with lots too small to be kept.
        """
        with exact():
            pairs = list(zip(self.open, self.scaled(ratio), strict=True))
            self.open = [replace(lot, quantity=units) for lot, units in pairs if units]
            return -sum((lot.cost for lot, units in pairs if not units), ZERO)

    def spin_off(self, ratio: Fraction, share: Decimal) -> list[Lot]:
        """Lots of a child, `ratio` for one, that take `share` of each lot's cost and its date."""
        with exact():
            pairs = zip(self.open, self.scaled(ratio), strict=True)
            children = [
                Lot(lot.opened, units, fine(lot.cost * share) if units else ZERO)
                for lot, units in pairs
            ]
            self.open = [
                # By subtraction: the costs of parent and child add up to what they were.
                replace(lot, cost=lot.cost - child.cost)
                for lot, child in zip(self.open, children, strict=True)
            ]
            return [child for child in children if child.quantity]

    def adopt(self, lots: list[Lot]) -> Decimal:
        """Take lots with their dates and costs; gives what closing a position against them realised."""
        with exact():
            return sum((self.trade(lot.opened, lot.quantity, lot.cost) for lot in lots), ZERO)

    def scaled(self, ratio: Fraction) -> list[Decimal]:
        """The lots' quantities times `ratio`. Sums are rounded, so that three thirds are one."""
        whole, before, parts = ZERO, ZERO, []
        with exact():
            for lot in self.open:
                whole += lot.quantity
                after = fine(whole * ratio.numerator / ratio.denominator)
                parts.append(after - before)
                before = after
        return parts

    def _closing(self, quantity: Decimal) -> Decimal:
        """How much of a trade closes what is open."""
        held = self.quantity
        if held * quantity >= ZERO:
            return ZERO
        return -held if abs(quantity) >= abs(held) else quantity

    def _close(self, quantity: Decimal) -> Decimal:
        """Take `quantity`, of the lots' sign, from the oldest on; gives its cost."""
        cost = ZERO
        while quantity:
            lot = self.open[0]
            if abs(lot.quantity) <= abs(quantity):
                self.open.pop(0)
                cost, quantity = cost + lot.cost, quantity - lot.quantity
            else:
                part = fine(lot.cost * quantity / lot.quantity)
                left = replace(lot, quantity=lot.quantity - quantity, cost=lot.cost - part)
                self.open[0] = left
                cost, quantity = cost + part, ZERO
        return cost

    def _add(self, lot: Lot) -> None:
        if self.method == "average" and self.open:
            (held,) = self.open
            cost = held.cost + lot.cost
            first = min(held.opened, lot.opened)
            self.open = [Lot(first, held.quantity + lot.quantity, cost)]
        else:
            # Lots of a spin-off keep their dates, which may be before those that are open.
            insort(self.open, lot, key=lambda other: other.opened)
