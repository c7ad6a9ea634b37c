"""A result in memory as a trial of the research ledger: where there is a platform."""

from dataclasses import asdict

from cluster.errors import TriiError
from cluster.laptop import state as states
from cluster.ledger import store as ledger
from cluster.settings import Settings, load_settings
from cluster.stores.lake import Lake
from cluster.stores.postgres import connect
from jobs.backtest.trial import figures_of
from jobs.interactive.result import Backtest
from market.arrays import from_day

NOWHERE = "not recorded: there is no platform here, `trii up` starts one"
_IN_MEMORY = "memory"
"""The snapshot of bars that no lake holds."""


def enter_trial(result: Backtest) -> str:
    """Enter it where there is a platform; says where it stands, or why nowhere. Never raises."""
    try:
        settings = load_settings()
        if states.load(settings.home) is None:
            return NOWHERE
        return _enter_here(result, settings)
    except TriiError as exc:
        return f"not recorded: {exc}"


def trial_of(result: Backtest, *, user_id: str) -> ledger.Trial:
    """As a job's, of bars in memory."""
    asked = result.question
    return ledger.Trial(
        family=asked.family,
        strategy=asked.strategy.name,
        source_hash=result.source_hash,
        parameters=dict(asked.strategy.values),
        universe=asked.universe,
        costs=asdict(asked.costs),
        span_start=from_day(result.sleeves.session[0]),
        span_end=from_day(result.sleeves.session[-1]),
        snapshot=_IN_MEMORY,
        data_hash=asked.data_hash,
        sessions_per_year=asked.sessions_per_year,
        **figures_of(result.returns.to_numpy()),
        run_id=result.run_id,
        user_id=user_id,
        recorded_at=result.at,
    )


def _enter_here(result: Backtest, settings: Settings) -> str:
    trial = trial_of(result, user_id=settings.job_user)
    returns = (result.sleeves.session[1:], result.returns.to_numpy())
    with connect(settings, "jobs") as connection:
        ledger.begin_family(
            connection,
            trial.family,
            description=f"begun with {trial.strategy} in Python",
            user_id=trial.user_id,
            created_at=trial.recorded_at,
        )
        is_new = ledger.enter(connection, Lake(settings.lake_url), trial, returns)
    return said(trial, is_new=is_new)


def said(trial: ledger.Trial, *, is_new: bool) -> str:
    """What a result says of its trial."""
    again = "" if is_new else ", as before"
    return f"trial {trial.id[:12]} of family {trial.family}{again}"
