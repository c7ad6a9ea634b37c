"""`trii schedule run`: a schedule's job, now."""

import click

from cluster.cli.output import json_option, print_json
from cluster.clock import utc_now
from cluster.laptop import identity
from cluster.schedules.commands import run_now


@click.command()
@click.argument("name")
@json_option
def run(*, name: str, as_json: bool) -> None:
    """Submit a schedule's job now, even a paused one's; `trii jobs` shows what becomes of it."""
    job = run_now(identity.running_settings(), name, now=utc_now())
    print_json({"schedule": name, "job": job.id}) if as_json else click.echo(job.id)
