"""`trii jobs submit`: a job of a module's name, its arguments and what it needs."""

from pathlib import Path
from typing import Any

import click

from cluster.cli.output import json_option, print_json
from cluster.cli.request_options import request_options
from cluster.laptop import identity
from cluster.queue.cli import bundle as bundles
from cluster.queue.cli.arguments import checked
from cluster.queue.cli.following import run_request
from cluster.queue.cli.request import SAID_HERE, job_request
from cluster.requests.job import JobRequest


@click.command(context_settings={"ignore_unknown_options": True})
@click.option("--wait/--detach", default=True, help="Follow the job, or return at once.")
@request_options(JobRequest, but=SAID_HERE)
@click.option(
    "--memory",
    "memory_gib",
    type=float,
    default=0.0,
    help="Memory kept free for the job's driver, in GiB.",
)
@click.option(
    "--deadline",
    metavar="TIME",
    help="Latest time to start: 2026-01-31T18:00:00Z, or from now on: 90m, 2h.",
)
@click.option(
    "--after", multiple=True, metavar="JOB", help="A job that has to succeed first; repeatable."
)
@click.option(
    "--max-attempts",
    type=click.IntRange(1, 20),
    help="How often the job is tried at most: by default 3 times if resumable, else once.",
)
@click.option(
    "--resumable/--not-resumable",
    default=None,
    help="Whether the job may run again once an attempt of it was lost.",
)
@click.option(
    "--bundle", "folder", type=Path, metavar="DIR", help="Folder of your own code to run in."
)
@json_option
@click.argument("module")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def submit(*, wait: bool, as_json: bool, module: str, folder: Path | None, **given: Any) -> int:
    """Run `python -m MODULE ARGUMENTS…`, such as jobs.backtest, on a node of a pool.

    Options of this command stand before MODULE, those of the module behind it. With --bundle, MODULE
    may be one of that folder; what git ignores, environments, caches and data are left out.
    Arguments of jobs.ingest, backtest, sweep, train and score are checked before anything is queued.
    """
    bundle = None if folder is None else bundles.pack(identity.running_settings(), folder)
    request = job_request(module, given, bundle)
    check = checked(request, bundle, identity.running_settings())
    # Only now: a request that is refused leaves no bundle behind.
    if bundle is not None:
        bundles.store(identity.running_settings(), bundle)
    outcome = run_request(request, detach=not wait, quiet=as_json, check=check)
    if as_json:
        print_json({**vars(outcome), "bundle": request.bundle})
    return outcome.exit_code
