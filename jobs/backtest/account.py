"""A strategy of either scope over a panel: in sleeves of their own, or on one account of the same cash."""

from collections.abc import Callable
from datetime import date

from market.arrays import Mask
from market.backtest import Costs, Mode, Panel, Sleeves, run, run_portfolio
from market.calendar import Calendar
from market.strategies import Strategy


def simulate(
    panel: Panel,
    strategy: Strategy,
    *,
    mode: Mode,
    costs: Costs,
    sleeve_cash: float,
    instruments: int,
    calendar: Callable[[], Calendar],
    start: date | None,
    member: Mask | None = None,
) -> Sleeves:
    """The sleeves that it comes to; raises what `run` and `run_portfolio` do.

    `instruments` are all that have their part of the cash, those without a bar too. `calendar` is
    asked for by portfolios alone: an exchange's takes a second to load.
    """
    if strategy.scope() == "symbol":
        return run(
            panel,
            strategy,
            mode=mode,
            costs=costs,
            sleeve_cash=sleeve_cash,
            start=start,
            member=member,
        )
    return run_portfolio(
        panel,
        strategy,
        mode=mode,
        costs=costs,
        cash=sleeve_cash * instruments,
        part=sleeve_cash,
        calendar=calendar(),
        start=start,
        member=member,
    )
