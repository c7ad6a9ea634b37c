"""`trii backtest trials`: what was tried, from the research ledger, and how a family is judged."""

from collections.abc import Sequence
from typing import Any

import click

from cluster.cli.output import json_option, print_json, print_table
from cluster.errors import NotFound
from cluster.laptop.identity import running_settings
from cluster.ledger import store as ledger
from cluster.settings import Settings
from cluster.stores.postgres import connect

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
    judged, line = _judged(settings, every) if family else (None, "")
    shown = every[:limit]
    if as_json:
        print_json({"trials": [trial.document() for trial in shown], "deflated_sharpe": judged})
        return
    print_table(_HEADER, [_cells(trial) for trial in shown])
    if line:
        click.echo(line)


def _found(settings: Settings, family: str | None, limit: int) -> list[ledger.Trial]:
    """The newest trials; of a family all, for all are judged. Raises NotFound for an unknown one."""
    with connect(settings, "jobs") as connection:
        if family is None:
            return ledger.find_trials(connection, limit=limit)
        if found := ledger.trials_of(connection, family):
            return found[::-1]
        known = [family.name for family in ledger.families(connection)]
    raise NotFound(f"no trial is of family {family!r}; there are {', '.join(known) or 'none yet'}")


def _judged(settings: Settings, family: Sequence[ledger.Trial]) -> tuple[dict[str, Any], str]:
    # The lake and what infers from returns: most of a second, and only a family is judged.
    from jobs.backtest.cli.verdict import line_of, verdict_of  # noqa: PLC0415

    verdict = verdict_of(settings, family)
    return verdict, line_of(verdict)


def _cells(trial: ledger.Trial) -> tuple[object, ...]:
    parameters = " ".join(f"{name}={value:g}" for name, value in trial.parameters.items())
    return (
        *(trial.family, trial.strategy, parameters or None, trial.universe),
        *(f"{trial.span_start} to {trial.span_end}", trial.sessions),
        *(trial.sharpe, trial.annual_sharpe, trial.sessions_per_year, trial.run_id),
    )
