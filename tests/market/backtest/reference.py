"""A slow engine written apart from the kernel: one event after the other, in plain Python.

Sizes are found by iteration on "share of equity after costs" where the kernel has a formula.
"""

from dataclasses import dataclass, field
from math import isnan


@dataclass
class Account:
    cash: float
    rate: float
    units: float = 0.0
    paid: float = 0.0
    fills: list = field(default_factory=list)

    def worth(self, price):
        return self.cash + self.units * price

    def rebalance(self, t, price, weight):
        held = self.units * price
        aim = weight * self.worth(price)
        for _ in range(200):
            aim = weight * (self.worth(price) - self.rate * abs(aim - held))
        cost = self.rate * abs(aim - held)
        self.fills.append((t, (aim - held) / price, price, cost))
        self.cash -= aim - held + cost
        self.paid += cost
        self.units = aim / price


def backtest(fill, close, target, *, cash, rate):
    """Equity at each close and the fills (bar, units, price, cost) of one instrument."""
    account, equity, orders, wanted = Account(cash, rate), [], [], 0.0
    for t, price in enumerate(close):
        if isnan(price):
            equity.append(equity[-1] if equity else cash)
            continue
        while orders:
            account.rebalance(t, fill[t], orders.pop())
        equity.append(account.worth(price))
        if target[t] != wanted:
            wanted = target[t]
            orders.append(wanted)
    return equity, account
