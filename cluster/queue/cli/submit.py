"""`trii jobs submit`: a job of a module's name, its arguments and what it needs."""

from pathlib import Path
from typing import Any

import click

from cluster.cli.output import json_option, print_json
from cluster.cli.request_options import request_options
from cluster.errors import BadInput
from cluster.laptop import identity
from cluster.queue.cli import bundle as bundles
from cluster.queue.cli.arguments import checked
from cluster.queue.cli.following import run_request
from cluster.queue.cli.request import SAID_HERE, job_request
from cluster.requests.job import JobRequest


@click.command(context_settings={"allow_interspersed_args": False})
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

    Options of this command stand before MODULE; all that stands behind it goes to the module, --json
    and --help too. With --bundle, MODULE may be one of that folder; what git ignores, environments,
    caches and data are left out.
    Arguments of jobs.ingest, backtest, sweep, train and score are checked before anything is queued.
    """
    bundle = None if folder is None else bundles.pack(identity.running_settings(), folder)
    request = job_request(module, given, bundle)
    try:
        check = checked(request, bundle, identity.running_settings())
    except BadInput as exc:
        raise _with_place(exc, request) from exc
    # Only now: a request that is refused leaves no bundle behind.
    if bundle is not None:
        bundles.store(identity.running_settings(), bundle)
    outcome = run_request(request, detach=not wait, quiet=as_json, check=check)
    if as_json:
        print_json({**vars(outcome), "bundle": request.bundle})
    return outcome.exit_code


def _with_place(refused: BadInput, request: JobRequest) -> BadInput:
    """The refusal, and where options of this command stand if some were given to the module."""
    own = {name for option in submit.params for name in (*option.opts, *option.secondary_opts)}
    astray = [word for word in request.arguments if word.partition("=")[0] in own]
    if not astray or astray[0] not in str(refused):
        return refused
    told = f"{refused}; if it is meant for submit, {astray[0]} stands before {request.module}"
    return BadInput(told, faults=refused.faults)
