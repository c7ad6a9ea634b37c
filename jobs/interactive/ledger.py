"""A result in memory as a trial of the research ledger: on the platform here, or over HTTP."""

from dataclasses import asdict
from typing import Any

from cluster.environment import api_told
from cluster.errors import PlatformError, TriiError
from cluster.fleet.elsewhere import is_told
from cluster.laptop import state as states
from cluster.ledger import store as ledger
from cluster.ledger.figures import figures_of
from cluster.ledger.returns import enter_with_returns
from cluster.settings import Settings, load_settings
from cluster.stores.lake import Lake
from cluster.stores.postgres import connect
from jobs.interactive.result import Backtest
from market.arrays import from_day

NOWHERE = (
    "not recorded: there is no platform here, `trii up` starts one; one elsewhere is named by "
    "TRII_API_URL and TRII_TOKEN"
)
_PATIENCE_S = 10.0
_TOLD = (
    *("family", "strategy", "source_hash", "parameters", "universe", "costs"),
    *("data_hash", "run_id", "sessions_per_year"),
)
_IN_MEMORY = "memory"
"""The snapshot of bars that no lake holds."""


def enter_trial(result: Backtest) -> str:
    """Enter it where there is a platform; says where it stands, or why nowhere. Never raises.

    Directly where the platform's own machine is this one and its stores answer, else over HTTP,
    which is all that a job on another machine has.
    """
    away = ""
    try:
        settings = load_settings()
        if states.load(settings.home) is not None or is_told(settings):
            return _enter_here(result, settings)
    except TriiError as exc:
        away = f"not recorded: {exc}"
    if (told := api_told()) is None:
        return away or NOWHERE
    try:
        return _post(result, *told)
    except TriiError as exc:
        return f"{away}; {exc}" if away else f"not recorded: {exc}"


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
        is_new = enter_with_returns(connection, Lake.of(settings), trial, returns)
    return said(trial.id, trial.family, is_new=is_new)


def _post(result: Backtest, address: str, token: str) -> str:
    """Enter it into the ledger of a platform elsewhere. Raises PlatformError that says why not."""
    import httpx  # noqa: PLC0415  # of the extras `client` and `node`, and for this alone

    trial = trial_of(result, user_id="")
    body = {
        **{name: getattr(trial, name) for name in _TOLD},
        "start": trial.span_start.isoformat(),
        "sessions": [str(day) for day in result.sleeves.session[1:]],
        "returns": result.returns.tolist(),
    }
    try:
        headers = {"Authorization": f"Bearer {token}"}
        answer = httpx.post(f"{address}/v1/trials", json=body, headers=headers, timeout=_PATIENCE_S)
    except httpx.HTTPError as exc:
        raise PlatformError(f"{address} does not answer: {exc}") from exc
    if answer.status_code not in {200, 201}:
        raise PlatformError(f"{address} answers {answer.status_code}: {_detail(answer)}")
    # By its teller, whom only the platform knows.
    trial_id = answer.json()["data"]["id"]
    return said(trial_id, trial.family, is_new=answer.status_code == 201)


def _detail(answer: Any) -> str:
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return str(answer.text[:200])


def said(trial_id: str, family: str, *, is_new: bool) -> str:
    """What a result says of its trial."""
    again = "" if is_new else ", as before"
    return f"trial {trial_id[:12]} of family {family}{again}"
