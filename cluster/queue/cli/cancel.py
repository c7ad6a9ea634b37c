"""`trii jobs cancel`."""

import click

from cluster.cli.output import json_option, print_json
from cluster.clock import utc_now
from cluster.laptop import identity
from cluster.queue import commands as queue


@click.command()
@click.argument("job_id", metavar="ID")
@json_option
def cancel(*, job_id: str, as_json: bool) -> None:
    """Cancel a job: at once where it waits, through Ray where it runs."""
    job = queue.cancel(identity.running_settings(), job_id, now=utc_now())
    what = "cancelled" if job.ended else "being stopped"
    print_json({"id": job.id, "state": job.state}) if as_json else click.echo(f"{job.id} {what}")
