"""`trii schedule resume`."""

import click

from cluster.cli.output import json_option
from cluster.clock import utc_now
from cluster.laptop import identity
from cluster.schedules import commands
from cluster.schedules.cli.switched import tell


@click.command()
@click.argument("name")
@json_option
def resume(*, name: str, as_json: bool) -> None:
    """Switch a schedule on again, from now."""
    changed = commands.resume(identity.running_settings(), name, now=utc_now())
    tell(name, "on", changed=changed, as_json=as_json)
