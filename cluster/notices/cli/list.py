"""`trii notify list`: what was sent, what waits, what is given up."""

from dataclasses import asdict
from typing import get_args

import click

from cluster.cli.output import json_option, print_json, print_table
from cluster.laptop import identity
from cluster.notices.commands import list_deliveries
from cluster.notices.store import DeliveryState

_COLUMNS = ("notice_id", "event", "channel", "state", "attempts", "error")


@click.command(name="list")
@click.option(
    "--state",
    "states",
    type=click.Choice(get_args(DeliveryState)),
    multiple=True,
    help="Deliveries in this state alone; repeatable.",
)
@click.option(
    "--limit",
    type=click.IntRange(1, 1000),
    default=20,
    show_default=True,
    help="How many deliveries at most.",
)
@json_option
def list_notices(*, states: tuple[DeliveryState, ...], limit: int, as_json: bool) -> None:
    """List deliveries, newest first; dead ones are no longer tried."""
    deliveries = list_deliveries(identity.running_settings(), states=states or None, limit=limit)
    if as_json:
        print_json([asdict(delivery) for delivery in deliveries])
        return
    rows = [[getattr(delivery, name) for name in _COLUMNS] for delivery in deliveries]
    print_table(_COLUMNS, rows)
