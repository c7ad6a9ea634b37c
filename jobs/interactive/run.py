"""`trii.backtest`: bars and a strategy in, a result to look at out; a trial like any other."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import numpy as np

from cluster.clock import utc_now
from jobs.interactive.days import day_of
from jobs.interactive.frames import Given, bars_of
from jobs.interactive.ledger import enter_trial
from jobs.interactive.question import Question
from jobs.interactive.result import Backtest
from jobs.interactive.years import sessions_a_year
from market.actions import Action
from market.backtest import Costs, Mode, Panel, has_opens, implied_mode, require_mode
from market.calendar import get_calendar
from market.errors import BadParameter, DataNotFit
from market.strategies import Strategy, make_strategy

CASH = 1_000_000.0


def backtest(
    bars: Given,
    strategy: Strategy | type[Strategy] | str,
    *,
    actions: Iterable[Action] = (),
    costs: Costs | Mapping[str, float] | None = None,
    cash: float = CASH,
    mode: Mode | None = None,
    start: date | str | None = None,
    sessions_per_year: int | None = None,
    family: str | None = None,
    universe: str = "own",
    calendar: str | None = None,
    record: bool = True,
) -> Backtest:
    """Run a strategy over bars in memory, each instrument in an equal sleeve of the cash.

    One that decides over a portfolio has all the cash on one account. `bars`: a DataFrame (see
    `frames.bars_of`), a dict of them by symbol, or the lake's; `actions` of raw bars are booked at
    their ex-dates. Signals read them from their first row; money moves from `start` on. Filled at the
    next open where there are opens, else at the next close. `calendar` (such as XNYS) says which
    sessions end a week or month, by default the one that the dates are of. The run enters the
    research ledger as a trial of `family` (the strategy's name) where there is a platform; the result
    says whether it did. Raises `DataNotFit` and `BadParameter` with the remedy.
    """
    chosen = _strategy(strategy)
    histories = bars_of(bars)
    panel = Panel.from_bars(histories, actions=actions)
    how = _mode(mode, panel)
    traded = panel.session[np.isfinite(panel.close).any(axis=0)]
    if calendar is not None:
        get_calendar(calendar)
    if not cash > 0:
        raise BadParameter(f"cash={cash!r}: expected more than 0", parameter="cash")
    question = Question(
        panel=panel,
        strategy=chosen,
        costs=_costs(costs),
        cash=float(cash),
        mode=how,
        start=None if start is None else day_of(start),
        sessions_per_year=sessions_per_year or sessions_a_year(traded),
        family=family or chosen.name,
        universe=universe,
        histories=tuple(histories),
        calendar_name=calendar,
    )
    sleeves = question.answer(chosen)
    if len(sleeves.session) < 2:
        raise DataNotFit("fewer than two sessions: one to decide at, one to be filled in")
    result = Backtest(question, sleeves, at=utc_now())
    if record:
        result.ledger = enter_trial(result)
    return result


def _strategy(given: Any) -> Strategy:
    if isinstance(given, str):
        given = make_strategy(given, {})
    elif isinstance(given, type) and issubclass(given, Strategy):
        given = given()
    if not isinstance(given, Strategy):
        raise BadParameter(
            f"strategy {given!r}: expected one such as SmaCross(fast=20), a class of strategies or "
            "a name",
            parameter="strategy",
        )
    return given


def _costs(given: Costs | Mapping[str, float] | None) -> Costs:
    return given if isinstance(given, Costs) else Costs(**(given or {}))


def _mode(given: Mode | None, panel: Panel) -> Mode:
    """As asked for, or as the prices can carry: closes alone, and adjusted ones, at the next close."""
    if given == "next-open":
        require_mode(given, fields="ohlcv" if has_opens(panel) else "close", adjusted=False)
    return given or implied_mode(panel)
