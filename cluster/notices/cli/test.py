"""`trii notify test`: whether a channel takes a message."""

import click

from cluster.cli.output import json_option, print_json
from cluster.clock import utc_now
from cluster.laptop import identity
from cluster.notices import commands


@click.command()
@click.argument("channel")
@json_option
def test(*, channel: str, as_json: bool) -> None:
    """Send a test to a channel at once; exit status 1 where it did not arrive."""
    commands.test(identity.running_settings(), channel, clock=utc_now)
    print_json({"channel": channel, "sent": True}) if as_json else click.echo(f"{channel}: sent")
