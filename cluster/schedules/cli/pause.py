"""`trii schedule pause`."""

import click

from cluster.cli.output import json_option
from cluster.clock import utc_now
from cluster.laptop import identity
from cluster.queue.commands import LOCAL_USER
from cluster.schedules import commands
from cluster.schedules.cli.switched import tell


@click.command()
@click.argument("name")
@json_option
def pause(*, name: str, as_json: bool) -> None:
    """Switch a schedule off. What falls into the pause is not caught up."""
    settings = identity.running_settings()
    changed = commands.pause(settings, name, user_id=LOCAL_USER, now=utc_now())
    tell(name, "paused", changed=changed, as_json=as_json)
