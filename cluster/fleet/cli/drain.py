"""`trii cluster drain`: a node takes nothing more, hands on what it serves, and ends."""

from datetime import timedelta

import click

from cluster.cli.output import json_option, print_json
from cluster.clock import utc_now
from cluster.fleet.live.gcs import Gcs
from cluster.fleet.live.view import check_drain, find
from cluster.laptop import identity


@click.command()
@click.argument("node")
@click.option(
    "--deadline",
    type=click.IntRange(1, 86_400),
    default=120,
    show_default=True,
    help="Seconds after which the node ends, whatever runs there.",
)
@click.option("--reason", default="drained by an operator", help="What Ray's log says of it.")
@click.option("--yes", is_flag=True, help="Drain the last node of a pool too.")
@json_option
def drain(*, node: str, deadline: int, reason: str, yes: bool, as_json: bool) -> None:
    """Drain NODE, by its id, the begin of that, or its address.

    Replicas are started elsewhere before they end here; tasks may end until the deadline.
    """
    gcs = Gcs(identity.settings_of_ray())
    nodes = gcs.status().nodes
    leaving = find(nodes, node)
    check_drain(nodes, leaving, insist=yes)
    until = utc_now() + timedelta(seconds=deadline)
    gcs.drain(str(leaving.id), reason=reason, until=until)
    if as_json:
        print_json({"node": leaving.id, "address": leaving.address, "until": until.isoformat()})
        return
    click.echo(
        f"{leaving.address} drains, and ends by {until:%H:%M:%S} UTC ({str(leaving.id)[:12]})"
    )
