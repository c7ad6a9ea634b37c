"""`trii jobs logs`: what a job has written, or writes."""

import click

from cluster.cli.output import json_option, print_json
from cluster.laptop import identity
from cluster.queue import commands as queue
from cluster.queue.following import follow as follow_job


@click.command()
@click.option("-f", "--follow", is_flag=True, help="Go on until the job ends.")
@click.argument("job_id", metavar="ID")
@json_option
def logs(*, follow: bool, job_id: str, as_json: bool) -> int:
    """Print what a job has written. Ctrl-C ends the following, not the job."""
    settings = identity.running_settings()
    if follow and not as_json:
        try:
            job = follow_job(settings, job_id, on_log=click.echo)
        except KeyboardInterrupt:
            return 0
        return 0 if job.state == "succeeded" else 1
    log = queue.log(settings, queue.get(settings, job_id))
    print_json({"id": job_id, "log": str(log)}) if as_json else click.echo(str(log), nl=False)
    return 0
