"""`trii universe list`: every name that `--universe` takes."""

import click

from cluster.cli.output import json_option, print_json, print_table
from cluster.laptop import identity
from cluster.stores.lake import Lake
from cluster.universes.listing import universes

_COLUMNS = ("name", "kind", "instruments", "first_session", "last_session")


@click.command(name="list")
@json_option
def list_(*, as_json: bool) -> None:
    """List datasets and stored universes: instruments, first and last session, kind."""
    found = universes(Lake.of(identity.settings_here()))
    if as_json:
        print_json(found)
        return
    print_table(_COLUMNS, [[getattr(row, column) for column in _COLUMNS] for row in found])
    click.echo("some of one by symbol: NAME:SYM1,SYM2; `trii data symbols` lists instruments")
