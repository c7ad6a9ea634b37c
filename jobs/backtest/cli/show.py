"""`trii backtest show`: one run's state, key figures and report."""

from dataclasses import asdict
from typing import Any

import click

from cluster.backtests.store import Backtest, get_backtest
from cluster.cli.output import json_option, print_json
from cluster.errors import NotFound
from cluster.laptop.identity import running_settings
from cluster.queue import commands as queue
from cluster.settings import Settings
from cluster.stores.postgres import connect
from jobs.backtest.summary import key_figures


@click.command()
@click.argument("run_id", metavar="ID")
@json_option
def show(*, run_id: str, as_json: bool) -> None:
    """Show one run: its state, key figures and report."""
    print_run(fetch(running_settings(), run_id), as_json=as_json)


def fetch(settings: Settings, run_id: str) -> Backtest:
    """The row of a run. Raises `NotFound` that says what its job is at, if there is one."""
    with connect(settings, "jobs") as connection:
        row = get_backtest(connection, run_id)
    if row is None:
        raise NotFound(why_absent(settings, run_id))
    return row


def why_absent(settings: Settings, run_id: str) -> str:
    """A run has no row before its job has begun."""
    try:
        job = queue.get(settings, run_id)
    except NotFound:
        return f"no backtest has the id {run_id!r}; `trii backtest list` shows them"
    reason = f": {job.reason}" if job.reason else ""
    return f"backtest {run_id} has not begun: its job is {job.state}{reason}"


def print_run(row: Backtest, *, as_json: bool) -> None:
    """A run as one JSON document, or as a few lines for people."""
    if as_json:
        print_json(document(row))
    elif row.state == "done" and row.metrics and row.result_path:
        click.echo(key_figures(row.id, row.metrics, report=f"{row.result_path}/report.html"))
    else:
        click.echo(f"{row.id} {row.state}" + (f": {row.error}" if row.error else ""))


def document(row: Backtest) -> dict[str, Any]:
    """The row with the place of its report."""
    report = f"{row.result_path}/report.html" if row.result_path else None
    return {**asdict(row), "report": report}
