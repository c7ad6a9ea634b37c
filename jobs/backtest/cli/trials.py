"""`trii backtest trials`: what was tried, from the research ledger, and how a family is judged."""

from collections.abc import Sequence
from typing import Any

import click

from cluster.backtests.store import get_backtest
from cluster.cli.output import json_option, print_json, print_table
from cluster.errors import NotFound, TriiError
from cluster.laptop.identity import running_settings
from cluster.ledger import store as ledger
from cluster.settings import Settings
from cluster.stores.lake import Lake
from cluster.stores.postgres import connect
from jobs.backtest.summary import against_baseline
from jobs.backtest.trial import judge
from market.errors import MarketError

_HEADER = (
    *("family", "strategy", "parameters", "universe", "span", "sessions"),
    *("Sharpe a session", "Sharpe a year", "sessions a year", "run"),
)


@click.command()
@click.option("--family", help="One family, with the deflated Sharpe ratio of its best trial.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True,
              help="Show this many at most.")  # fmt: skip
@json_option
def trials(*, family: str | None, limit: int, as_json: bool) -> None:
    """List the trials of the research ledger, newest first."""
    settings = running_settings()
    every = _found(settings, family, limit)
    verdict = _verdict(settings, every) if family else None
    shown = every[:limit]
    if as_json:
        print_json({"trials": [trial.document() for trial in shown], "deflated_sharpe": verdict})
        return
    print_table(_HEADER, [_cells(trial) for trial in shown])
    if verdict:
        click.echo(_line(verdict))


def _found(settings: Settings, family: str | None, limit: int) -> list[ledger.Trial]:
    """The newest trials; of a family all, for all are judged. Raises NotFound for an unknown one."""
    with connect(settings, "jobs") as connection:
        if family is None:
            return ledger.find_trials(connection, limit=limit)
        if found := ledger.trials_of(connection, family):
            return found[::-1]
        known = [family.name for family in ledger.families(connection)]
    raise NotFound(f"no trial is of family {family!r}; there are {', '.join(known) or 'none yet'}")


def _verdict(settings: Settings, family: Sequence[ledger.Trial]) -> dict[str, Any]:
    """The verdict as plain values; only `why_not` where there can be none."""
    try:
        verdict = judge(Lake.of(settings), family)
    except (TriiError, MarketError) as exc:
        return {"why_not": str(exc)}
    best = family[verdict.best]
    return {
        "probability": verdict.probability,
        "raw": verdict.raw,
        "clustered": verdict.clustered,
        "idle": verdict.idle,
        "sessions": verdict.observations,
        "best": best.id,
        "best_run": best.run_id,
        "best_lead": _lead(settings, best.run_id),
    }


def _lead(settings: Settings, run_id: str) -> dict[str, Any] | None:
    """How the run stands against buy and hold; None where no run of ours tells."""
    with connect(settings, "jobs") as connection:
        run = get_backtest(connection, run_id)
    baseline = (run.metrics or {}).get("baseline", {}) if run else {}
    lead: dict[str, Any] | None = baseline.get("lead")
    return lead


def _line(verdict: dict[str, Any]) -> str:
    if "why_not" in verdict:
        return f"deflated Sharpe: not known: {verdict['why_not']}"
    raw, clustered = verdict["raw"], verdict["clustered"]
    idle = f", {verdict['idle']} idle" if verdict["idle"] else ""
    return (
        f"deflated Sharpe {verdict['probability']:.3f}, the probability that the best "
        f"({verdict['best_run']}) beats luck: {raw.probability:.3f} of {raw.trials} trials{idle}, "
        f"{clustered.probability:.3f} of {clustered.trials} clusters of near-copies\n"
        f"{_against_baseline(verdict['best_lead'])}"
    )


def _against_baseline(lead: dict[str, Any] | None) -> str:
    """To beat luck is not to beat what asks for no idea at all."""
    if lead is None:
        return "how it stands against buy and hold is not known: run it again"
    return f"the best earned {against_baseline({'lead': lead})}"


def _cells(trial: ledger.Trial) -> tuple[object, ...]:
    parameters = " ".join(f"{name}={value:g}" for name, value in trial.parameters.items())
    return (
        *(trial.family, trial.strategy, parameters or None, trial.universe),
        *(f"{trial.span_start} to {trial.span_end}", trial.sessions),
        *(trial.sharpe, trial.annual_sharpe, trial.sessions_per_year, trial.run_id),
    )
