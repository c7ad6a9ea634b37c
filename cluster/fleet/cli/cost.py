"""`trii cluster cost`: dollars for the machines."""

from dataclasses import asdict
from pathlib import Path

import click

from cluster.cli.output import json_option, print_json, print_table
from cluster.fleet.cli.options import environment_option, ground_option
from cluster.fleet.planning.cost import HOURS_A_DAY, HOURS_A_MONTH, Cost, Load, cost
from cluster.fleet.planning.node_types import node_types
from cluster.fleet.source import reading

_LOADS: tuple[Load, ...] = ("minimum", "maximum")
_COLUMNS = ("node type", "machine", "bought", "USD/h each", "nodes at least", "at most")


@click.command(name="cost")
@environment_option
@ground_option
@json_option
def cost_(*, environment: str, ground: Path | None, as_json: bool) -> None:
    """What a cluster costs an hour, a day and a month, at its minimum and maximum."""
    source, standing = reading.cluster_source(environment), reading.ground(ground)
    told = cost(source, node_types(source, list(standing.subnets)), standing.region)
    if as_json:
        print_json(_document(told))
        return
    print_table(
        _COLUMNS,
        [
            (
                entry.node_type,
                entry.machine,
                entry.market,
                entry.usd_per_hour,
                entry.least,
                entry.most,
            )
            for entry in told.lines
        ],
    )
    for load in _LOADS:
        hour = told.per_hour(load)
        click.echo(
            f"at its {load}: {hour:,.2f} USD an hour, {hour * HOURS_A_DAY:,.2f} a day, "
            f"{hour * HOURS_A_MONTH:,.2f} a month"
        )
    click.echo(f"prices of {told.dated} in {told.region} ({told.source}); machines alone")


def _document(told: Cost) -> dict[str, object]:
    return {
        "region": told.region,
        "prices_dated": told.dated.isoformat(),
        "prices_source": told.source,
        "usd_per_hour": {load: told.per_hour(load) for load in _LOADS},
        "node_types": [asdict(entry) for entry in told.lines],
    }
