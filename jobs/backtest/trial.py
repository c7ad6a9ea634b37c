"""Trials of the research ledger: a finished run as one, and how the best of a family is judged."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from cluster.errors import NotFound
from cluster.ledger import store as ledger
from cluster.ledger.figures import figures_of
from cluster.ledger.returns import returns_of
from cluster.stores.lake import Lake
from jobs.backtest.gather import Result
from jobs.backtest.plan import BacktestPlan
from market.arrays import Days, Floats, from_day
from market.backtest import session_returns
from market.inference import Verdict, deflate, side_by_side


def trial_of(
    plan: BacktestPlan, result: Result, *, run_id: str, user_id: str, recorded_at: datetime
) -> ledger.Trial:
    """The run as one trial, at the level of the whole portfolio and after costs."""
    _, returns = daily_returns(result)
    return ledger.Trial(
        family=plan.family,
        strategy=plan.chosen.name,
        source_hash=plan.source_hash,
        parameters=plan.parameters,
        universe=plan.request.universe_name,
        costs=asdict(plan.request.costs),
        span_start=from_day(result.session[0]),
        span_end=from_day(result.session[-1]),
        snapshot=plan.snapshot,
        data_hash=result.data_hash,
        sessions_per_year=plan.sessions_per_year,
        **figures_of(returns),
        run_id=run_id,
        user_id=user_id,
        recorded_at=recorded_at,
    )


def daily_returns(result: Result) -> tuple[Days, Floats]:
    """Sessions (n-1,) and simple returns (n-1,) of the run's equity, from its second session on."""
    return result.session[1:], session_returns(result.equity)


def judge(lake: Lake, trials: Sequence[ledger.Trial]) -> Verdict:
    """The Sharpe ratio of the best trial, deflated by all that was tried; `best` is its place.

    Raises `NotFound` where the lake lacks the returns of a trial, for all of them count, and
    `DataNotFit` where no trial's returns ever varied.
    """
    held = returns_of(lake, [trial.id for trial in trials])
    if lacking := len(trials) - len(held):
        raise NotFound(f"the lake has no returns of {lacking} of {len(trials)} trials")
    return deflate(side_by_side([held[trial.id] for trial in trials]))
