"""`trii data status | symbols`: what the lake holds and how current it is."""

import click

from cluster.cli.output import json_option, print_json, print_table
from cluster.clock import utc_now
from cluster.settings import load_settings


@click.command()
@click.option("--instruments", "each", is_flag=True, help="A line for each instrument as well.")
@json_option
def status(each: bool, as_json: bool) -> None:  # noqa: FBT001
    """What the lake holds, how current it is, and the snapshot that names it."""
    from cluster.stores.lake import Lake  # noqa: PLC0415 - loads slowly
    from jobs.freshness import absent, by_instrument, freshness  # noqa: PLC0415

    lake, now = Lake(load_settings().lake_url), utc_now()
    held, missing = freshness(lake, now=now), absent(lake)
    snapshot = lake.snapshot() if held else None
    single = [
        one
        for name in held
        if each
        for one in by_instrument(lake, name.dataset, name.timeframe, now=now)
    ]
    if as_json:
        document = {"snapshot": snapshot, "datasets": held, "absent": missing}
        print_json(document | ({"instruments": single} if each else {}))
        return
    columns = (
        *("dataset", "timeframe", "instruments", "rows", "first_session", "last_session"),
        *("sessions_behind", "bytes"),
    )
    print_table(columns, [[getattr(one, column) for column in columns] for one in held])
    if each:
        own = ("instrument_id", "symbol", "timeframe", *columns[3:7])
        print_table(own, [[getattr(one, column) for column in own] for one in single])
    click.echo(f"snapshot {snapshot or '-'}")
    if missing:
        click.echo(f"not ingested: {', '.join(missing)}; `trii data ingest` takes them")


@click.command()
@click.argument("query", default="")
@click.option("--universe", help="Members of one universe only.")
@json_option
def symbols(query: str, universe: str | None, as_json: bool) -> None:  # noqa: FBT001
    """List instruments whose symbol or name holds QUERY."""
    from cluster.stores.lake import Lake  # noqa: PLC0415 - loads slowly

    lake = Lake(load_settings().lake_url)
    members = lake.instruments() if universe is None else lake.universe(universe)
    wanted = query.casefold()
    found = [one for one in members if wanted in f"{one.symbol} {one.name}".casefold()]
    if as_json:
        print_json(found)
        return
    columns = ("symbol", "name", "exchange", "calendar", "currency", "fields", "dataset")
    print_table(columns, [[getattr(one, column) for column in columns] for one in found])
