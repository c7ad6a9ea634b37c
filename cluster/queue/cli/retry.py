"""`trii jobs retry`: one more attempt of a job that ended badly."""

import click

from cluster.cli.output import json_option, print_json
from cluster.clock import utc_now
from cluster.laptop import identity
from cluster.queue import commands as queue
from cluster.queue.cli.following import Followed, watch


@click.command()
@click.option("--wait/--detach", default=False, help="Follow the job, or return at once (default).")
@click.argument("job_id", metavar="ID")
@json_option
def retry(*, wait: bool, job_id: str, as_json: bool) -> int:
    """Queue a job again that failed, was cancelled or expired: one more attempt, same id."""
    settings = identity.running_settings()
    job = queue.retry(settings, job_id, now=utc_now())
    if not wait:
        click.echo(f"queued {job.id} again, attempt {job.attempt + 1}", err=True)
    outcome = watch(settings, job.id, quiet=as_json) if wait else Followed(job.id, "submitted", "")
    if as_json:
        print_json(vars(outcome))
    return outcome.exit_code
