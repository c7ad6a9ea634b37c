"""`trii backtest run`: plan, submit, follow, and show the result."""

import sys
from typing import Any

import click

from cluster.backtests.store import Backtest
from cluster.cli.output import json_option, print_json
from cluster.cli.request_options import request_options
from cluster.clock import utc_now
from cluster.errors import NotFound, PlatformError
from cluster.laptop.identity import running_settings
from cluster.queue import commands as queue
from cluster.queue.cli.following import tell_waiting
from cluster.queue.following import follow
from cluster.queue.progress import parse
from cluster.queue.rules.kinds import BACKTEST
from cluster.requests.backtest import BacktestRequest, parse_request
from cluster.requests.options import request_data
from cluster.settings import Settings
from cluster.stores.lake import Lake
from jobs.backtest.cli.show import fetch, print_run
from jobs.backtest.plan import BacktestPlan, make_plan, new_run_id
from jobs.backtest.provenance import code_version


@click.command()
@request_options(BacktestRequest)
@click.option("--detach", is_flag=True, help="Return at once; `trii backtest show` tells the rest.")
@json_option
def run(*, detach: bool, as_json: bool, **given: Any) -> None:
    """Run a backtest on the cluster and wait for its result. Ctrl-C leaves it running."""
    request = parse_request(request_data(BacktestRequest, given))
    settings = running_settings()
    plan, run_id = _plan(settings, request)
    _submit(settings, plan, run_id)
    if detach:
        document = {"id": run_id, "state": "running"}
        print_json(document) if as_json else click.echo(
            f"{run_id} is running; see `trii backtest show {run_id}`"
        )
        return
    print_run(_wait(settings, plan, run_id), as_json=as_json)


def _plan(settings: Settings, request: BacktestRequest) -> tuple[BacktestPlan, str]:
    """What only the data can refuse is refused here, before anything starts."""
    plan = make_plan(request, lake=Lake(settings.lake_url), code=code_version())
    return plan, new_run_id(plan, now=utc_now())


def _submit(settings: Settings, plan: BacktestPlan, run_id: str) -> None:
    """The job and its first attempt have the run's id; a further attempt is a run of its own."""
    request = BACKTEST.job(plan.request)
    queue.submit(settings, request, user_id=queue.LOCAL_USER, now=utc_now(), job_id=run_id)


def _wait(settings: Settings, plan: BacktestPlan, run_id: str) -> Backtest:
    """Follow the job with a progress bar on standard error; returns its finished row."""
    click.echo(f"{run_id} runs; Ctrl-C leaves it running", err=True)
    label = f"{plan.request.strategy} on {plan.request.universe}"
    with click.progressbar(length=len(plan.blocks()), label=label, file=sys.stderr) as bar:

        def hear(line: str) -> None:
            told = parse(line)
            # A further attempt counts from its start again; the bar does not go back.
            bar.update(max(0, int(told.done) - bar.pos) if told else 0)

        job = follow(settings, run_id, on_log=hear, on_change=tell_waiting)
    why = job.reason or f"its job {job.state}"
    last = job.submission_id or run_id
    try:
        row = fetch(settings, last)
    except NotFound as exc:
        raise PlatformError(f"backtest {run_id} did not begin: {why}") from exc
    if row.state != "done":
        raise PlatformError(f"backtest {last} failed: {row.error or why}")
    return row
