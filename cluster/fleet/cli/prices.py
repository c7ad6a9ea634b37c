"""`trii cluster prices`: what machines cost, taken anew from AWS."""

from collections.abc import Mapping
from pathlib import Path

import click

from cluster.cli.output import json_option, print_json
from cluster.clock import utc_now
from cluster.files import write_whole
from cluster.fleet.cli.options import FILE
from cluster.fleet.machines import aws
from cluster.fleet.machines.catalogue import PRICES, Price, machines, price_table, regions
from cluster.fleet.machines.catalogue import prices as known_prices

Table = Mapping[tuple[str, str], Price]


@click.group()
def prices() -> None:
    """What machines cost: take the table anew from AWS."""


@prices.command()
@click.option(
    "--region",
    "wanted",
    multiple=True,
    help="A region that the table is to have; repeat it. By default those that it has.",
)
@click.option(
    "--output",
    type=FILE,
    default=PRICES,
    help="The file to write; by default the table that all commands read.",
)
@json_option
def refresh(*, wanted: tuple[str, ...], output: Path, as_json: bool) -> None:
    """Take the price of each machine in each region from AWS, and write the whole table anew.

    Needs credentials of AWS that may read prices. Where anything fails the table stays as it was.
    """
    now = utc_now()
    found = aws.fetch(list(machines()), wanted or regions(), now=now)
    write_whole(output, price_table(found), called="--output")
    changed = _changed(found)
    lost = sorted(f"{name} in {region}" for name, region in known_prices().keys() - found.keys())
    if as_json:
        print_json(
            {
                "file": str(output),
                "dated": now.date().isoformat(),
                "source": aws.SOURCE,
                "prices": len(found),
                "changed": changed,
                "no_longer_there": lost,
            }
        )
        return
    click.echo(f"wrote {output}: {len(found)} prices of {now.date()}, {len(changed)} changed")
    for place, (before, after) in changed.items():
        click.echo(f"  {place}: {before} becomes {after} USD an hour on demand")
    for place in lost:
        click.echo(f"  {place}: no longer in the table")


def _changed(found: Table) -> dict[str, tuple[float, float]]:
    """Prices on demand before and after; spot moves within hours, so its changes are no news."""
    both = found.keys() & known_prices().keys()
    pairs = {
        f"{name} in {region}": (
            known_prices()[name, region].on_demand,
            found[name, region].on_demand,
        )
        for name, region in sorted(both)
    }
    return {place: (before, after) for place, (before, after) in pairs.items() if before != after}
