"""`trii notify channels`: their kind and events, never their addresses."""

import click

from cluster.cli.output import json_option, print_json, print_table
from cluster.laptop import identity


@click.command()
@json_option
def channels(*, as_json: bool) -> None:
    """List channels: their kind and events. Addresses are secrets and not shown."""
    known = sorted(identity.running_settings().notify_channels.items())
    if as_json:
        print_json(
            [
                {"channel": name, "kind": channel.scheme, "events": list(channel.events) or ["all"]}
                for name, channel in known
            ]
        )
        return
    rows = [(name, channel.scheme, ", ".join(channel.events) or "all") for name, channel in known]
    print_table(("channel", "kind", "events"), rows)
