"""`trii notify retry`: dead deliveries once more."""

import click

from cluster.cli.output import json_option, print_json
from cluster.laptop import identity
from cluster.notices import commands


@click.command()
@click.argument("notice_id", metavar="ID")
@click.option("--channel", help="Try the delivery on this channel alone.")
@json_option
def retry(*, notice_id: str, channel: str | None, as_json: bool) -> None:
    """Try a notice's dead deliveries again, with the same key."""
    channels = commands.retry(identity.running_settings(), notice_id, channel=channel)
    if as_json:
        print_json({"notice_id": notice_id, "channels": channels})
    else:
        click.echo(f"trying again: {', '.join(channels)}")
