"""The accounting of a backtest, compiled: one cash sleeve an instrument, long or flat.

Order of events at a bar, the same for every mode:

1. book what the bar's ex-dates bring for the units held at the close before: splits change them,
   payments become cash;
2. fill the order decided at the bar before, at this bar's fill price;
3. mark the sleeve at this bar's close;
4. decide at this bar's close; what is decided here is filled at the next bar or never.

A delisting, at a session without a bar, ends the position for what a share is worth then, at no cost.

A new order is placed only when the wanted share changes; between orders the share drifts with the
price. The share is met after costs: with equity V, held notional h and cost rate c, a purchase
aims at w (V + c h) / (1 + w c), a sale at w (V - c h) / (1 - w c). Units are fractional. An open
position at the end is marked, not closed. Where there is no bar (NaN close) nothing happens and
the sleeve is worth what it was worth. Sums are sequential and plain, so the bits of a row depend
on that row alone.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from market.arrays import Floats
from market.backtest.bookings import Bookings
from market.compiled import compiled

Trades = NDArray[np.void]
"""Round trips from flat to flat, dtype `TRADE`."""

TRADE = np.dtype(
    [
        ("row", np.int64),
        ("entry", np.int64),  # bar of the first purchase
        ("exit", np.int64),  # bar of the last sale; -1 while open
        ("units", np.float64),  # bought in all; as all units and prices here, after its splits
        ("sold", np.float64),  # units sold; below `units` while open
        ("entry_price", np.float64),  # mean over the purchases
        ("exit_price", np.float64),  # mean over the sales; NaN before the first
        ("cost", np.float64),
        ("income", np.float64),  # dividends and the value of spin-offs
        ("pnl", np.float64),  # after costs; an open position is marked at the last close
    ]
)


_LEAST = 1e-12
"""A smaller share is none: its units could be none to a float, and a trade of none never ends."""


@compiled
def _aim(weight: float, equity: float, held: float, rate: float) -> float:
    """Notional to hold after a fill, so that it is `weight` of the equity left by its costs."""
    # Costs never change the side: w V > h holds exactly where the aim of a purchase lies above h,
    # and w V < h where that of a sale lies below.
    if weight * equity > held:
        return weight * (equity + rate * held) / (1.0 + weight * rate)
    return weight * (equity - rate * held) / (1.0 - weight * rate)


@compiled
def _mean_price(mean: float, units: float, price: float, added: float) -> float:
    """Mean price after `added` units at `price`; exactly `price` for the first fill."""
    # The formula would give price * added / added, which may be a rounding off.
    if units == 0.0:
        return price
    return (mean * units + price * added) / (units + added)


@compiled
def _record(trade: Any, t: int, price: float, change: float, cost: float) -> None:
    """Book a fill of `change` units into its trade."""
    if change > 0.0:
        trade["entry_price"] = _mean_price(trade["entry_price"], trade["units"], price, change)
        trade["units"] += change
    else:
        trade["exit_price"] = _mean_price(trade["exit_price"], trade["sold"], price, -change)
        trade["sold"] -= change
        trade["exit"] = t
    trade["cost"] += cost
    trade["pnl"] -= change * price + cost


@compiled
def _book(trade: Any, held: float, ratio: float, paid: float) -> float:
    """Book an ex-date into the trade that holds `held` units; what it pays."""
    trade["income"] += held * paid
    trade["pnl"] += held * paid
    trade["units"] *= ratio
    trade["sold"] *= ratio
    trade["entry_price"] /= ratio
    trade["exit_price"] /= ratio
    return held * paid


@compiled
def _open(trade: Any, row: int, t: int) -> None:
    trade["row"] = row
    trade["entry"] = t
    trade["exit"] = -1
    trade["exit_price"] = np.nan


@compiled
def _sleeve(  # noqa: PLR0917  # numba takes arguments by position
    row: int,
    fill: Floats,
    close: Floats,
    target: Floats,
    cash: float,
    rate: float,
    events: NDArray[np.void],
    equity: Floats,
    trades: Trades,
) -> int:
    """One instrument; fills `equity` and `trades` in place and returns the number of trades."""
    units, wanted, last, count, pending = 0.0, 0.0, np.nan, 0, False
    worth, coming = cash, 0
    for t in range(close.size):
        while coming < events.size and events[coming]["column"] <= t:
            event = events[coming]
            coming += 1
            if units > 0.0:
                cash += _book(trades[count - 1], units, event["ratio"], event["paid"])
                units *= event["ratio"]
                if not np.isnan(event["final"]):
                    _record(trades[count - 1], t, event["final"], -units, 0.0)
                    cash, units = cash + units * event["final"], 0.0
                    worth = cash
        if not np.isnan(close[t]):
            if pending:
                held = units * fill[t]
                # Worth at the price of the fill: what happened since the decision is in it.
                aim = _aim(wanted, cash + held, held, rate)
                cost = rate * abs(aim - held)
                # From flat only a purchase can be pending: a wanted share of 0 is no change there.
                if units == 0.0:
                    _open(trades[count], row, t)
                    count += 1
                # Flat is exactly flat, and all-in leaves exactly no cash: no dust is carried.
                new_units = aim / fill[t] if wanted > 0.0 else 0.0
                _record(trades[count - 1], t, fill[t], new_units - units, cost)
                cash = cash - (aim - held) - cost if wanted < 1.0 else 0.0
                units, pending = new_units, False
            last = close[t]
            worth = cash + units * last
            pending = target[t] != wanted
            wanted = target[t]
        equity[t] = worth
    # A sale of a part has set the exit; the trade is open all the same.
    if units > 0.0:
        trades[count - 1]["exit"] = -1
        trades[count - 1]["pnl"] += units * last
    return count


@compiled
def _sleeves(  # noqa: PLR0917  # numba takes arguments by position
    fill: Floats,
    close: Floats,
    target: Floats,
    cash: float,
    rate: float,
    events: NDArray[np.void],
    first: NDArray[np.int64],
    equity: Floats,
    trades: Trades,
    counts: NDArray[np.int64],
) -> None:
    for row in range(close.shape[0]):
        own = events[first[row] : first[row + 1]]
        counts[row] = _sleeve(
            row, fill[row], close[row], target[row], cash, rate, own, equity[row], trades[row]
        )


def simulate(
    fill: Floats,
    close: Floats,
    target: Floats,
    *,
    cash: float,
    rate: float,
    booked: Bookings | None = None,
) -> tuple[Floats, Trades]:
    """Equity (m, n) at each close and the trades, ordered by row and entry (dtype `TRADE`).

    All inputs have shape (m, n), C order, float64: fill prices, closes (NaN where an instrument has
    no bar) and wanted shares in [0, 1]. Each row starts with `cash`; `rate` is the cost as a share
    of traded notional. Where there is a close there must be a positive fill price. A share below
    1e-12 is none. `booked` are the events of the rows, none by default.
    """
    m, n = close.shape
    events = Bookings.none(m) if booked is None else booked
    # Before trades are counted: what is no share here must begin no trade there.
    target = np.where(target < _LEAST, 0.0, target)
    equity = np.empty((m, n))
    # A trade begins where the share rises from none; the first bar is one more.
    most = 1 + max((int(np.count_nonzero((r[1:] > 0) & (r[:-1] <= 0))) for r in target), default=0)
    trades = np.zeros((m, most), TRADE)
    counts = np.zeros(m, np.int64)
    money = float(cash), float(rate)
    _sleeves(fill, close, target, *money, events.events, events.first, equity, trades, counts)
    return equity, np.concatenate([trades[row, :count] for row, count in enumerate(counts)])
