"""`trii cluster prewarm`: nodes of a pool that run before they are needed."""

from datetime import datetime
from typing import Final

import click
import yaml

from cluster.cli.output import json_option, print_json
from cluster.clock import utc_now
from cluster.errors import BadInput
from cluster.fleet.live.gcs import Gcs
from cluster.fleet.live.prewarmed import Prewarmed, check_prewarm, holding
from cluster.laptop import identity

_REMEDY: Final = "only one that `ray up` brought up buys nodes"


@click.command()
@click.argument("pool")
@click.argument("nodes", type=click.IntRange(min=0))
@click.option("--until", help="When it ends by itself, such as 2026-12-01T21:00:00Z.")
@json_option
def prewarm(*, pool: str, nodes: int, until: str | None, as_json: bool) -> None:
    """Have at least NODES nodes of POOL run until a time; 0 takes that back.

    Jobs that end take nothing of it away. `trii cluster status` lists what is held.
    """
    ends = None if nodes == 0 else _ends(until)
    gcs = Gcs(identity.settings_of_ray())
    check_prewarm(yaml.safe_load(gcs.kept_file(remedy=_REMEDY)), pool, nodes)
    others = [entry for entry in holding(gcs.prewarmed(), utc_now()) if entry.pool != pool]
    added = [Prewarmed(pool=pool, nodes=nodes, until=ends)] if ends else []
    gcs.keep_prewarmed([*others, *added])
    if as_json:
        print_json({"pool": pool, "nodes": nodes, "until": ends.isoformat() if ends else None})
    elif ends:
        click.echo(f"{pool}: at least {nodes} nodes until {ends:%Y-%m-%d %H:%M:%S %Z}")
    else:
        click.echo(f"{pool}: nothing is held beyond the cluster's file")


def _ends(text: str | None) -> datetime:
    if text is None:
        raise BadInput("--until is missing: nodes that nobody takes back would cost for ever")
    try:
        ends = datetime.fromisoformat(text)
    except ValueError as exc:
        raise BadInput("--until: expected a time such as 2026-12-01T21:00:00Z") from exc
    if ends.tzinfo is None:
        raise BadInput(f"--until {text}: of which zone? 2026-12-01T21:00:00Z is UTC")
    if ends <= utc_now():
        raise BadInput(f"--until {text} has passed")
    return ends
