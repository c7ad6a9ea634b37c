"""`trii jobs submit | list | show | logs | cancel | retry | top | quota`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cluster.cli.jobs_quota import quota
from cluster.cli.output import json_option, print_json, print_table

if TYPE_CHECKING:  # loaded by the commands themselves: `trii --help` must be instant
    from cluster.queue.rules.states import State

_STATES = ("queued", "submitting", "running", "succeeded", "failed", "cancelled", "expired")


@click.group()
def jobs() -> None:
    """Submit jobs to the cluster's queue, and see what became of them."""


jobs.add_command(quota)


@jobs.command(context_settings={"ignore_unknown_options": True})
@click.option("--wait/--detach", default=True, help="Follow the job, or return at once.")
@click.option("--pool", default="batch", show_default=True, help="Kind of node.")
@click.option("--cpus", type=float, default=0.1, show_default=True, help="Kept for the driver.")
@click.option("--gpus", type=float, default=0.0, show_default=True, help="Kept for the driver.")
@click.option("--memory", "memory_gib", type=float, default=0.0, help="GiB kept for the driver.")
@click.option(
    "--priority", type=click.Choice(("high", "normal", "low")), default="normal", show_default=True
)
@click.option("--deadline", metavar="TIME", help="Latest start: 2026-01-31T18:00:00Z, 90m or 2h.")
@click.option("--idempotency-key", metavar="KEY", help="The same again gives the first job.")
@click.option("--after", multiple=True, metavar="JOB", help="Must succeed first; repeatable.")
@click.option(
    "--max-attempts", type=click.IntRange(1, 20), help="By default 3 if resumable, else 1."
)
@click.option("--resumable/--not-resumable", default=None, help="May a lost one be run again?")
@click.option("--bundle", "folder", type=Path, metavar="DIR", help="Run in this code of your own.")
@json_option
@click.argument("module")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def submit(*, wait: bool, as_json: bool, module: str, folder: Path | None, **given: Any) -> int:
    """Run `python -m MODULE ARGUMENTS…`, such as jobs.backtest, on a node of a pool.

    Options of this command stand before MODULE, those of the module behind it. With --bundle, MODULE
    may be one of that folder; what git ignores, environments, caches and data are left out.
    """
    from cluster.cli import jobs_bundle  # noqa: PLC0415
    from cluster.cli.identity import running_settings  # noqa: PLC0415
    from cluster.cli.jobs_input import job_request  # noqa: PLC0415

    bundle = None if folder is None else jobs_bundle.pack(running_settings(), folder)
    request = job_request(module, given, bundle)
    if bundle is not None:
        jobs_bundle.store(running_settings(), bundle)
    from cluster.cli.following import run_request  # noqa: PLC0415 - loads the drivers

    outcome = run_request(request, detach=not wait, quiet=as_json)
    if as_json:
        print_json({**vars(outcome), "bundle": request.bundle})
    return outcome.exit_code


@jobs.command(name="list")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@click.option("--state", "states", type=click.Choice(_STATES), multiple=True)
@click.option("--user", "user_id", help="Jobs of this user alone.")
@json_option
def list_(*, limit: int, states: tuple["State", ...], user_id: str | None, as_json: bool) -> None:
    """List jobs, newest first; then those that came by plain `ray job submit`."""
    from cluster.cli import jobs_output as output  # noqa: PLC0415
    from cluster.cli.identity import running_settings  # noqa: PLC0415
    from cluster.queue import commands as queue  # noqa: PLC0415

    settings = running_settings()
    found = queue.list_jobs(settings, user_id=user_id, states=states or None, limit=limit)
    others = [] if states or user_id else output.externals(settings, limit=limit)
    if as_json:
        print_json([*map(output.document, found), *map(output.external_document, others)])
        return
    rows = [*map(output.cells, found), *map(output.external_cells, others)]
    print_table(output.HEADER, rows)


@jobs.command()
@click.argument("job_id", metavar="ID")
@json_option
def show(*, job_id: str, as_json: bool) -> None:
    """Show one job: its state and reason, progress, attempts and files."""
    from cluster.cli import jobs_output as output  # noqa: PLC0415
    from cluster.cli.identity import running_settings  # noqa: PLC0415
    from cluster.clock import utc_now  # noqa: PLC0415

    document = output.whole(running_settings(), job_id, now=utc_now())
    if as_json:
        print_json(document)
    else:
        click.echo("\n".join(output.lines(document)))


@jobs.command()
@click.option("-f", "--follow", is_flag=True, help="Go on until the job ends.")
@click.argument("job_id", metavar="ID")
@json_option
def logs(*, follow: bool, job_id: str, as_json: bool) -> int:
    """Print what a job has written. Ctrl-C ends the following, not the job."""
    from cluster.cli.identity import running_settings  # noqa: PLC0415
    from cluster.queue import commands as queue  # noqa: PLC0415
    from cluster.queue.following import follow as follow_job  # noqa: PLC0415

    settings = running_settings()
    if follow and not as_json:
        try:
            job = follow_job(settings, job_id, on_log=click.echo)
        except KeyboardInterrupt:
            return 0
        return 0 if job.state == "succeeded" else 1
    text = queue.log(settings, queue.get(settings, job_id))
    print_json({"id": job_id, "log": text}) if as_json else click.echo(text, nl=False)
    return 0


@jobs.command()
@click.argument("job_id", metavar="ID")
@json_option
def cancel(*, job_id: str, as_json: bool) -> None:
    """Cancel a job: at once where it waits, through Ray where it runs."""
    from cluster.cli.identity import running_settings  # noqa: PLC0415
    from cluster.clock import utc_now  # noqa: PLC0415
    from cluster.queue import commands as queue  # noqa: PLC0415

    job = queue.cancel(running_settings(), job_id, now=utc_now())
    what = "cancelled" if job.ended else "being stopped"
    print_json({"id": job.id, "state": job.state}) if as_json else click.echo(f"{job.id} {what}")


@jobs.command()
@click.option("--wait/--detach", default=False, help="Follow it, or return at once (default).")
@click.argument("job_id", metavar="ID")
@json_option
def retry(*, wait: bool, job_id: str, as_json: bool) -> int:
    """Queue a job again that failed, was cancelled or expired: one more attempt, same id."""
    from cluster.cli.following import Followed, watch  # noqa: PLC0415
    from cluster.cli.identity import running_settings  # noqa: PLC0415
    from cluster.clock import utc_now  # noqa: PLC0415
    from cluster.queue import commands as queue  # noqa: PLC0415

    settings = running_settings()
    job = queue.retry(settings, job_id, now=utc_now())
    if not wait:
        click.echo(f"queued {job.id} again, attempt {job.attempt + 1}", err=True)
    outcome = watch(settings, job.id, quiet=as_json) if wait else Followed(job.id, "submitted", "")
    if as_json:
        print_json(vars(outcome))
    return outcome.exit_code


@jobs.command()
@json_option
def top(*, as_json: bool) -> None:
    """Who has what in the queue, by user and pool; live until Ctrl-C."""
    from cluster.cli import jobs_output as output  # noqa: PLC0415
    from cluster.cli.identity import running_settings  # noqa: PLC0415

    settings = running_settings()
    if as_json:
        print_json(output.top_document(settings))
    else:
        output.live_top(settings)
