"""`trii.backtest`: bars and a strategy in, a result to look at out; a trial like any other."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import numpy as np

from cluster.clock import utc_now
from cluster.own_code.strategies import make
from jobs.interactive.days import day_of
from jobs.interactive.frames import Given, bars_of
from jobs.interactive.ledger import enter_trial
from jobs.interactive.options import cash_of, costs_of, family_of, mode_of, year_of
from jobs.interactive.question import Question
from jobs.interactive.result import Backtest
from jobs.interactive.years import sessions_a_year
from market.actions import Action
from market.backtest import Costs, Mode, Panel
from market.calendar import get_calendar
from market.errors import BadParameter, DataNotFit
from market.strategies import Strategy

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

    One that decides over a portfolio has all the cash on one account. `strategy` may be a name too,
    of one that ships or of your own as `FILE.py:CLASS`, at its defaults. `bars`: a DataFrame (see
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
    how = mode_of(mode, panel)
    traded = panel.session[np.isfinite(panel.close).any(axis=0)]
    if calendar is not None:
        get_calendar(calendar)
    question = Question(
        panel=panel,
        strategy=chosen,
        costs=costs_of(costs),
        cash=cash_of(cash),
        mode=how,
        start=None if start is None else day_of(start),
        sessions_per_year=year_of(sessions_per_year) or sessions_a_year(traded),
        family=family_of(family or chosen.name),
        universe=universe,
        histories=tuple(histories),
        calendar_name=calendar,
    )
    sleeves = question.answer(chosen)
    if len(sleeves.session) < 2:
        raise DataNotFit(
            f"fewer than two sessions from {start}, one to decide at and one to be filled in: the "
            f"bars have {traded[0]} to {traded[-1]}"
            if start
            else "fewer than two sessions: one to decide at, one to be filled in"
        )
    result = Backtest(question, sleeves, at=utc_now())
    if record:
        result.ledger = enter_trial(result)
    return result


def _strategy(given: Any) -> Strategy:
    if isinstance(given, str):
        given = make(given, {})
    elif isinstance(given, type) and issubclass(given, Strategy):
        given = given()
    if not isinstance(given, Strategy):
        raise BadParameter(
            f"strategy {given!r}: expected one such as SmaCross(fast=20), a class of strategies, a "
            "name, or FILE.py:CLASS",
            parameter="strategy",
        )
    return given
