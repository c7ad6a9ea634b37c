"""`trii doctor`: what is wrong here, and the remedy."""

import click

from cluster.cli.findings import tell
from cluster.cli.output import json_option
from cluster.environment import default_home
from cluster.laptop.doctor import examine


@click.command()
@json_option
def doctor(*, as_json: bool) -> int:
    """Name what is wrong with this machine or the platform, and the remedy."""
    return tell(examine(default_home()), as_json=as_json)
