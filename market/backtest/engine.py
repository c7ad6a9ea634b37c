"""One backtest over a panel, in memory."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from market.arrays import Days, Floats, Mask
from market.backtest.bookings import bookings
from market.backtest.costs import Costs
from market.backtest.kernel import Trades, simulate
from market.backtest.modes import Mode, fill_prices, require_prices
from market.backtest.needs import require_panel
from market.backtest.orders import Orders
from market.backtest.panel import Panel
from market.backtest.seen import wanted_shares
from market.errors import DataNotFit
from market.strategies.core.base import Strategy


@dataclass(frozen=True, eq=False)
class Sleeves:
    """Equity (m, n) at each session's close, and trades (`kernel.TRADE`) that count sessions.

    `orders` (`orders.ORDER`) are those of one account over all; None of sleeves of their own, whose
    orders are the changes of what is wanted.
    """

    panel: Panel
    equity: Floats
    trades: Trades
    orders: Orders | None = None

    @property
    def session(self) -> Days:
        return self.panel.session


def run(
    panel: Panel,
    strategy: Strategy,
    *,
    mode: Mode,
    costs: Costs,
    sleeve_cash: float,
    start: date | None = None,
    member: Mask | None = None,
) -> Sleeves:
    """Run a strategy, each instrument in a sleeve of its own that starts with `sleeve_cash`.

    The inputs are computed from each instrument's first bar, of raw bars on prices adjusted forward
    for the panel's actions; money is moved at raw prices, and splits, payments and delistings are
    booked at their ex-dates. It moves only from `start` on: the first decision is at the close of
    the first session from there. `member` (m, n) says at which sessions an instrument was in the
    universe, as known at the close: at others nothing is wanted, so that what is held is sold at the
    next fill. Raises `DataNotFit` if the panel cannot carry the mode or the strategy's inputs, and
    for a mask of another shape.
    """
    require_prices(panel, mode)
    require_panel(strategy, panel, adjusted=mode == "total-return")
    wanted = wanted_shares(strategy, panel)
    if member is not None:
        wanted = _among_members(wanted, member)
    first = 0 if start is None else int(np.searchsorted(panel.session, np.datetime64(start, "D")))
    part = panel.columns(np.s_[first:])
    equity, trades = simulate(
        fill_prices(part, mode),
        part.close,
        # Contiguous, so that kernels are compiled for one layout.
        np.ascontiguousarray(wanted[:, first:]),
        cash=sleeve_cash,
        rate=costs.rate,
        booked=bookings(part),
    )
    return Sleeves(part, equity, trades)


def _among_members(wanted: Floats, member: Mask) -> Floats:
    if member.shape != wanted.shape:
        raise DataNotFit(f"member has shape {member.shape}: expected {wanted.shape}")
    return np.where(member, wanted, 0.0)
