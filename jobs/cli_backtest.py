"""`trii backtest run | list | show | trials`."""

import sys
from typing import TYPE_CHECKING, Any

import click

from cluster.cli.output import json_option, print_json, print_table
from jobs.cli_backtest_trials import trials

if TYPE_CHECKING:  # loaded by the commands themselves: `trii --help` must be instant
    from cluster.backtests.store import Backtest
    from cluster.requests.backtest import BacktestRequest
    from cluster.settings import Settings
    from jobs.backtest.plan import Plan


@click.group()
def backtest() -> None:
    """Run and list backtests."""


backtest.add_command(trials)


@backtest.command()
@click.option("--strategy", required=True, help="Such as sma-cross.")
@click.option("--universe", required=True, help="Such as synthetic, sample or index.")
@click.option("--param", multiple=True, metavar="NAME=VALUE", help="A parameter; repeatable.")
@click.option("--family", help="Of ideas, judged together; by default the strategy's name.")
@click.option("--start", metavar="DATE", help="First session, such as 2015-01-01.")
@click.option("--end", metavar="DATE", help="Last session.")
@click.option("--mode", help="next-open or total-return; by default what the data can carry.")
@click.option("--initial-cash", metavar="AMOUNT", help="Such as 1000000.00.")
@click.option("--commission-bps", metavar="BPS", help="Of traded notional.")
@click.option("--slippage-bps", metavar="BPS", help="Of traded notional.")
@click.option("--detach", is_flag=True, help="Return at once; `trii backtest show` tells the rest.")
@json_option
def run(*, detach: bool, as_json: bool, **given: Any) -> None:
    """Run a backtest on the cluster and wait for its result. Ctrl-C leaves it running."""
    from cluster.cli.identity import running_settings  # noqa: PLC0415
    from cluster.requests.backtest import parse_request  # noqa: PLC0415
    from jobs.backtest.arguments import request_data  # noqa: PLC0415

    request = parse_request(request_data(given))
    settings = running_settings()
    plan, run_id = _plan(settings, request)
    _submit(settings, plan, run_id)
    if detach:
        document = {"id": run_id, "state": "running"}
        print_json(document) if as_json else click.echo(
            f"{run_id} is running; see `trii backtest show {run_id}`"
        )
        return
    _print(_wait(settings, plan, run_id), as_json=as_json)


@backtest.command(name="list")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@json_option
def list_(limit: int, as_json: bool) -> None:  # noqa: FBT001  # click passes by name
    """List runs, newest first."""
    from cluster.backtests.store import list_backtests  # noqa: PLC0415
    from cluster.cli.identity import running_settings  # noqa: PLC0415
    from cluster.stores.postgres import connect  # noqa: PLC0415

    with connect(running_settings(), "jobs") as connection:
        rows = list_backtests(connection, limit=limit)
    if as_json:
        print_json([_document(row) for row in rows])
        return
    header = ("id", "state", "strategy", "universe", "mode", "return", "Sharpe", "drawdown")
    print_table(header, [_cells(row) for row in rows])


@backtest.command()
@click.argument("run_id", metavar="ID")
@json_option
def show(run_id: str, as_json: bool) -> None:  # noqa: FBT001  # click passes by name
    """Show one run: its state, key figures and report."""
    from cluster.cli.identity import running_settings  # noqa: PLC0415

    _print(_fetch(running_settings(), run_id), as_json=as_json)


def _plan(settings: "Settings", request: "BacktestRequest") -> tuple["Plan", str]:
    """What only the data can refuse is refused here, before anything starts."""
    from cluster.clock import utc_now  # noqa: PLC0415
    from cluster.stores.lake import Lake  # noqa: PLC0415
    from jobs.backtest.plan import make_plan, new_run_id  # noqa: PLC0415
    from jobs.provenance import code_version  # noqa: PLC0415

    plan = make_plan(request, lake=Lake(settings.lake_url), code=code_version())
    return plan, new_run_id(plan, now=utc_now())


def _submit(settings: "Settings", plan: "Plan", run_id: str) -> None:
    """The job and its first attempt have the run's id; a further attempt is a run of its own."""
    from cluster.clock import utc_now  # noqa: PLC0415
    from cluster.queue import commands as queue  # noqa: PLC0415
    from cluster.requests.job import JobRequest  # noqa: PLC0415
    from cluster.requests.options import options  # noqa: PLC0415

    arguments = (*options(plan.request), "--id={submission_id}")
    request = JobRequest(module="jobs.backtest", arguments=arguments)
    queue.submit(settings, request, user_id=queue.LOCAL_USER, now=utc_now(), job_id=run_id)


def _wait(settings: "Settings", plan: "Plan", run_id: str) -> "Backtest":
    """Follow the job with a progress bar on standard error; returns its finished row."""
    from cluster.cli.following import tell_waiting  # noqa: PLC0415
    from cluster.errors import NotFound, PlatformError  # noqa: PLC0415
    from cluster.queue.following import follow  # noqa: PLC0415
    from cluster.queue.progress import parse  # noqa: PLC0415

    click.echo(f"{run_id} runs; Ctrl-C leaves it running", err=True)
    label = f"{plan.request.strategy} on {plan.request.universe}"
    with click.progressbar(length=len(plan.blocks()), label=label, file=sys.stderr) as bar:

        def hear(line: str) -> None:
            told = parse(line)
            bar.update(max(0, int(told.done) - bar.pos) if told else 0)

        job = follow(settings, run_id, on_log=hear, on_change=tell_waiting)
    why = job.reason or f"its job {job.state}"
    last = job.submission_id or run_id
    try:
        row = _fetch(settings, last)
    except NotFound as exc:
        raise PlatformError(f"backtest {run_id} did not begin: {why}") from exc
    if row.state != "done":
        raise PlatformError(f"backtest {last} failed: {row.error or why}")
    return row


def _fetch(settings: "Settings", run_id: str) -> "Backtest":
    from cluster.backtests.store import get_backtest  # noqa: PLC0415
    from cluster.errors import NotFound  # noqa: PLC0415
    from cluster.stores.postgres import connect  # noqa: PLC0415

    with connect(settings, "jobs") as connection:
        row = get_backtest(connection, run_id)
    if row is None:
        raise NotFound(_why_absent(settings, run_id))
    return row


def _why_absent(settings: "Settings", run_id: str) -> str:
    """A run has no row before its job has begun."""
    from cluster.errors import NotFound  # noqa: PLC0415
    from cluster.queue import commands as queue  # noqa: PLC0415

    try:
        job = queue.get(settings, run_id)
    except NotFound:
        return f"no backtest has the id {run_id!r}; `trii backtest list` shows them"
    reason = f": {job.reason}" if job.reason else ""
    return f"backtest {run_id} has not begun: its job is {job.state}{reason}"


def _print(row: "Backtest", *, as_json: bool) -> None:
    from jobs.backtest.summary import key_figures  # noqa: PLC0415

    if as_json:
        print_json(_document(row))
    elif row.state == "done" and row.metrics and row.result_path:
        click.echo(key_figures(row.id, row.metrics, report=f"{row.result_path}/report.html"))
    else:
        click.echo(f"{row.id} {row.state}" + (f": {row.error}" if row.error else ""))


def _document(row: "Backtest") -> dict[str, Any]:
    from dataclasses import asdict  # noqa: PLC0415

    report = f"{row.result_path}/report.html" if row.result_path else None
    return {**asdict(row), "report": report}


def _cells(row: "Backtest") -> tuple[object, ...]:
    metrics = row.metrics or {}
    asked = row.request
    figures = (metrics.get(name) for name in ("total_return", "sharpe", "max_drawdown"))
    return (row.id, row.state, asked["strategy"], asked["universe"], asked["mode"], *figures)
