"""`trii backtest run`: plan, run it here or on the cluster, and show the result."""

from typing import Any, Literal

import click

from cluster.backtests.store import Backtest
from cluster.cli.output import json_option, print_json
from cluster.cli.request_options import members_option, request_options, with_members
from cluster.clock import utc_now
from cluster.errors import BadInput
from cluster.laptop.identity import running_settings
from cluster.requests.backtest import BacktestRequest, parse_request
from cluster.requests.options import request_data
from cluster.settings import Settings
from cluster.stores.lake import Lake
from jobs.backtest.cli.bar import shards_bar
from jobs.backtest.cli.show import fetch, print_run
from jobs.backtest.own import cleared, prints_aside
from jobs.backtest.plan import BacktestPlan, make_plan, new_run_id
from jobs.backtest.provenance import code_version
from jobs.backtest.run import run_plan
from jobs.command import ending_in_order

Place = Literal["here", "cluster"]


@click.command()
@request_options(BacktestRequest, but=["members"])
@members_option
@click.option("--on", type=click.Choice(["here", "cluster"]),
              help="Where it runs: in this process, or as a job; by default here if it is small.")  # fmt: skip
@click.option("--detach", is_flag=True,
              help="Return at once, from a job; `trii backtest show` tells the rest.")  # fmt: skip
@json_option
def run(*, on: Place | None, detach: bool, as_json: bool, **given: Any) -> None:
    """Run a backtest and wait for its result.

    Small ones run here, and Ctrl-C stops them. Others are jobs on the cluster; Ctrl-C leaves those
    running.
    """
    if detach and on == "here":
        raise BadInput("--detach leaves a job on the cluster: leave out --on here, or --detach")
    request = parse_request(request_data(BacktestRequest, with_members(given)))
    settings = running_settings()
    lake = Lake.of(settings)
    # What only the data can refuse is refused here, before anything starts.
    now = utc_now()
    with prints_aside(request):
        plan = cleared(make_plan(request, lake=lake, code=code_version()), settings, now=now)
    run_id = new_run_id(plan, now=now)
    if on == "here" or (on is None and plan.is_small and not detach):
        print_run(_here(settings, plan, lake, run_id), as_json=as_json)
    else:
        _on_cluster(settings, plan, run_id, detach=detach, as_json=as_json)


def _here(settings: Settings, plan: BacktestPlan, lake: Lake, run_id: str) -> Backtest:
    """Run it in this process; returns its finished row."""
    try:
        with prints_aside(plan.request), ending_in_order(), shards_bar(plan) as move:
            run_plan(
                settings,
                plan,
                lake=lake,
                run_id=run_id,
                here=True,
                clock=utc_now,
                on_shard=lambda done, _of, _summary: move(done),
            )
    except (KeyboardInterrupt, SystemExit):
        click.echo(f"{run_id} is stopped; shards that are finished are kept", err=True)
        raise
    return fetch(settings, run_id)


def _on_cluster(
    settings: Settings, plan: BacktestPlan, run_id: str, *, detach: bool, as_json: bool
) -> None:
    # A third of a second of clients of Ray and HTTP, which what runs here does without.
    from jobs.backtest.cli import queued  # noqa: PLC0415

    queued.submit(settings, plan, run_id)
    if not detach:
        print_run(queued.wait(settings, plan, run_id), as_json=as_json)
    elif as_json:
        print_json({"id": run_id, "state": "running"})
    else:
        click.echo(f"{run_id} is running; see `trii backtest show {run_id}`")
