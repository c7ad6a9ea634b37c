"""One backtest of a portfolio strategy over a panel: all instruments on one cash account.

Order of events at a session, as for one instrument:

1. book what the session's ex-dates bring, as for one instrument; who is short pays;
2. fill what was decided at a session before, for each instrument that has a bar, at its fill price;
3. mark all positions at their last closes;
4. decide at this session's close; what is decided here is filled at the next bar of each instrument.

A strategy that decides at the ends of weeks or months brings the whole portfolio to its weights at
each of them, one that decides at every session when its weights change; between, positions drift.
Shares are of the equity of all, at the prices of the fill, met after costs; units are fractional,
and what is sold short is paid into cash, which earns and costs nothing. All positions together are
worth no more than equity when they are filled: where one can't be sold for lack of a bar, purchases
wait for the money that it holds.
"""

from datetime import date

import numpy as np

from market.arrays import Floats, Mask
from market.backtest.account import Account
from market.backtest.bookings import bookings
from market.backtest.costs import Costs
from market.backtest.engine import Sleeves
from market.backtest.modes import Mode, fill_prices, require_prices
from market.backtest.needs import require_panel
from market.backtest.orders import Desk
from market.backtest.panel import Panel
from market.backtest.seen import wanted_weights
from market.calendar import Calendar
from market.errors import BadParameter, DataNotFit
from market.strategies.core.base import Strategy
from market.strategies.core.evaluation import decision_dates

_LEAST = 1e-12  # as in the kernel: a smaller share is none


def run_portfolio(
    panel: Panel,
    strategy: Strategy,
    *,
    mode: Mode,
    costs: Costs,
    cash: float,
    calendar: Calendar,
    start: date | None = None,
    part: float | None = None,
    member: Mask | None = None,
) -> Sleeves:
    """Run a strategy of portfolio scope on one account that starts with `cash`.

    The sleeve of an instrument is its `part` of the cash (by default an equal one) and what it has
    gained since, so that sleeves add up to equity. Inputs and the times at which the strategy is
    asked are as for `run`; `calendar` must reach beyond the last session. Of `member` (m, n) as for
    `run` a strategy sees the members of its date alone, and who leaves between two dates is sold at
    the next fill. Raises `DataNotFit` if the
    panel cannot carry the mode or the inputs, if the strategy gives what are no weights, and where
    nothing is left of the equity.
    """
    if strategy.scope() != "portfolio":
        raise BadParameter(f"strategy {strategy.name!r} decides for one instrument at a time")
    require_prices(panel, mode)
    require_panel(strategy, panel, adjusted=mode == "total-return")
    wanted = wanted_weights(strategy, panel, calendar, member)
    wanted[np.abs(wanted) < _LEAST] = 0.0
    orders = _orders(strategy, wanted, panel, calendar)
    if member is not None:
        _leave(wanted, orders, member)
    first = 0 if start is None else int(np.searchsorted(panel.session, np.datetime64(start, "D")))
    after, wanted, orders = panel.columns(np.s_[first:]), wanted[first:], orders[first:]
    # Whatever it asked for before: the account begins here.
    orders[:1] = wanted[:1].any()
    instruments = len(panel.instrument_ids)
    account, desk = Account(instruments, cash=cash, rate=costs.rate), Desk(instruments)
    fill = fill_prices(after, mode)
    gains, last = _play(account, desk, after, fill=fill, wanted=wanted, orders=orders)
    each = cash / instruments if part is None else part
    return Sleeves(after, each + gains, account.trades(last), desk.orders())


def _orders(strategy: Strategy, wanted: Floats, panel: Panel, calendar: Calendar) -> Mask:
    """At which closes (n,) the portfolio is ordered to be brought to its weights."""
    if strategy.rebalance != "session":
        return decision_dates(panel.session, strategy.rebalance, calendar=calendar)
    before = np.vstack([np.zeros_like(wanted[:1]), wanted[:-1]])
    changed: Mask = (wanted != before).any(axis=1)
    return changed


def _leave(wanted: Floats, orders: Mask, member: Mask) -> None:
    """Nothing is wanted (n, m) of who is no member, and its leaving is an order, in place."""
    gone = (wanted != 0.0) & ~member.T
    before = np.vstack([np.zeros_like(gone[:1]), gone[:-1]])
    orders |= (gone & ~before).any(axis=1)
    wanted[gone] = 0.0


def _play(
    account: Account, desk: Desk, panel: Panel, *, fill: Floats, wanted: Floats, orders: Mask
) -> tuple[Floats, Floats]:
    """Gains (m, n) of each instrument at each close, and the last closes (m,)."""
    m, n = panel.close.shape
    gains, last = np.empty((m, n)), np.zeros(m)
    booked = _booked(panel)
    for t in range(n):
        for row, ratio, paid, final in booked.get(t, ()):
            account.hold_through(row, ratio, paid)
            if not np.isnan(final):
                account.end(row, final, t)
        close = panel.close[:, t]
        there = ~np.isnan(close)
        due = desk.pending & there
        if due.any():
            before = account.units.copy()
            account.fill(desk.weights, np.where(there, fill[:, t], last), due, t=t)
            desk.fill(due, account.units - before, t=t)
        last = np.where(there, close, last)
        gains[:, t] = account.units * last - account.spent
        worth = account.worth(last)
        if not worth > 0.0:
            raise DataNotFit(
                f"nothing is left of the equity on {panel.session[t]}; remedy: smaller weights, "
                "those of short positions above all"
            )
        if orders[t]:
            desk.place(wanted[t], account.units * last / worth, t=t)
    return gains, last


def _booked(panel: Panel) -> dict[int, list[tuple[int, float, float, float]]]:
    """Row, ratio, payment and final worth of each event, by session."""
    found = bookings(panel)
    rows = np.repeat(np.arange(len(panel.instrument_ids)), np.diff(found.first))
    by_session: dict[int, list[tuple[int, float, float, float]]] = {}
    for row, (column, ratio, paid, final) in zip(rows.tolist(), found.events.tolist(), strict=True):
        by_session.setdefault(column, []).append((row, ratio, paid, final))
    return by_session
