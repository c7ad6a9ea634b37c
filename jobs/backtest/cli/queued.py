"""A backtest on the cluster: its job entered into the queue, and followed to its finished row."""

import click

from cluster.backtests.store import Backtest
from cluster.clock import utc_now
from cluster.errors import NotFound, PlatformError
from cluster.queue import commands as queue
from cluster.queue.cli.following import tell_waiting
from cluster.queue.following import follow
from cluster.queue.progress import parse
from cluster.queue.rules.job import Job
from cluster.settings import Settings
from jobs.backtest.cli.bar import shards_bar
from jobs.backtest.cli.show import fetch
from jobs.backtest.own import job_request
from jobs.backtest.plan import BacktestPlan

# Before its own first line there is what the queue knows.
_BEGINNING = {"queued": "queued", "submitting": "starting", "running": "starting"}


def submit(settings: Settings, plan: BacktestPlan, run_id: str) -> None:
    """The job and its first attempt have the run's id; a further attempt is a run of its own."""
    request = job_request(plan, settings)
    queue.submit(settings, request, user_id=queue.LOCAL_USER, now=utc_now(), job_id=run_id)


def wait(settings: Settings, plan: BacktestPlan, run_id: str) -> Backtest:
    """Follow the job with a progress bar on standard error; returns its finished row."""
    click.echo(f"{run_id} runs on the cluster; Ctrl-C leaves it running", err=True)
    with shards_bar(plan) as move:

        def hear(line: str) -> None:
            if told := parse(line):
                move(int(told.done), told.doing)

        def see(job: Job) -> None:
            tell_waiting(job)
            if job.state in _BEGINNING:
                move(0, _BEGINNING[job.state])

        job = follow(settings, run_id, on_log=hear, on_change=see)
    why = job.reason or f"its job {job.state}"
    last = job.submission_id or run_id
    try:
        row = fetch(settings, last)
    except NotFound as exc:
        raise PlatformError(f"backtest {run_id} did not begin: {why}") from exc
    if row.state != "done":
        raise PlatformError(f"backtest {last} failed: {row.error or why}")
    return row
