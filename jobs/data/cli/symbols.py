"""`trii data symbols`: the instruments that the lake knows."""

import click

from cluster.cli.output import json_option, print_json, print_table
from cluster.laptop import identity
from cluster.stores.lake import Lake


@click.command()
@click.argument("query", default="")
@click.option("--universe", help="Members of one universe only, such as mine.")
@json_option
def symbols(*, query: str, universe: str | None, as_json: bool) -> None:
    """List instruments whose symbol, name or id holds QUERY, once for each symbol that they had."""
    lake = Lake.of(identity.settings_here())
    members = lake.instruments() if universe is None else lake.universe(universe)
    wanted = query.casefold()
    found = [
        instrument
        for instrument in members
        if wanted in f"{instrument.symbol} {instrument.name} {instrument.instrument_id}".casefold()
    ]
    if as_json:
        print_json(found)
        return
    columns = (
        *("symbol", "name", "exchange", "calendar", "currency", "fields", "valid_from", "valid_to"),
        "instrument_id",
    )
    print_table(
        columns, [[getattr(instrument, column) for column in columns] for instrument in found]
    )
