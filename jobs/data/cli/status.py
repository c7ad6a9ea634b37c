"""`trii data status`: what the lake holds and how current it is."""

import click

from cluster.cli.output import json_option, print_json, print_table
from cluster.clock import utc_now
from cluster.laptop import identity
from cluster.stores.lake import Lake
from jobs.freshness import absent, by_instrument, freshness

_COLUMNS = (
    *("dataset", "timeframe", "instruments", "rows", "first_session", "last_session"),
    *("sessions_behind", "bytes"),
)
_EACH = ("instrument_id", "symbol", "timeframe", *_COLUMNS[3:7])


@click.command()
@click.option("--instruments", "each", is_flag=True, help="A line for each instrument as well.")
@json_option
def status(*, each: bool, as_json: bool) -> None:
    """What the lake holds, how current it is, and the snapshot that names it."""
    lake, now = Lake.of(identity.settings_here()), utc_now()
    held, missing = freshness(lake, now=now), absent(lake)
    snapshot = lake.snapshot() if held else None
    single = [
        instrument
        for dataset in held
        if each
        for instrument in by_instrument(lake, dataset.dataset, dataset.timeframe, now=now)
    ]
    if as_json:
        document = {"snapshot": snapshot, "datasets": held, "absent": missing}
        print_json(document | ({"instruments": single} if each else {}))
        return
    print_table(_COLUMNS, [[getattr(row, column) for column in _COLUMNS] for row in held])
    if each:
        print_table(_EACH, [[getattr(row, column) for column in _EACH] for row in single])
    click.echo(f"snapshot {snapshot or '-'}")
    if missing:
        click.echo(f"not ingested: {', '.join(missing)}; `trii data ingest` takes them")
