"""`trii data`: ingest market data, list symbols, show freshness."""

import click

from cluster.cli.output import json_option, print_json, print_table
from cluster.clock import utc_now
from cluster.settings import load_settings


@click.group()
def data() -> None:
    """Ingest market data, list symbols, show freshness."""


@data.command()
@click.option("--dataset", "datasets", multiple=True, help="One of them; by default all.")
@json_option
def ingest(datasets: tuple[str, ...], as_json: bool) -> int:  # noqa: FBT001
    """Bring datasets up to their last closed session; exit status 1 if bars were refused."""
    from cluster.providers import DATASETS, check_dataset  # noqa: PLC0415 - loads slowly
    from jobs.ingest import describe, say  # noqa: PLC0415
    from jobs.ingest import ingest as take  # noqa: PLC0415

    chosen = [check_dataset(name) for name in datasets or DATASETS]
    settings = load_settings()
    reports = [take(settings, dataset=name, clock=utc_now, progress=say) for name in chosen]
    if as_json:
        print_json(reports)
    else:
        click.echo("\n".join(map(describe, reports)))
    return 1 if any(report.refused for report in reports) else 0


@data.command()
@click.argument("query", default="")
@click.option("--universe", help="Members of one universe only.")
@json_option
def symbols(query: str, universe: str | None, as_json: bool) -> None:  # noqa: FBT001
    """List instruments whose symbol or name holds QUERY."""
    from cluster.stores.lake import Lake  # noqa: PLC0415 - loads slowly

    lake = Lake(load_settings().lake_path)
    members = lake.instruments() if universe is None else lake.universe(universe)
    wanted = query.casefold()
    found = [one for one in members if wanted in f"{one.symbol} {one.name}".casefold()]
    if as_json:
        print_json(found)
        return
    columns = ("symbol", "name", "exchange", "calendar", "currency", "fields", "dataset")
    print_table(columns, [[getattr(one, column) for column in columns] for one in found])


@data.command()
@json_option
def status(as_json: bool) -> None:  # noqa: FBT001
    """What the lake holds, how current it is, and the snapshot that names it."""
    from cluster.stores.lake import Lake  # noqa: PLC0415 - loads slowly
    from jobs.freshness import absent, freshness  # noqa: PLC0415

    lake = Lake(load_settings().lake_path)
    held, missing = freshness(lake, now=utc_now()), absent(lake)
    snapshot = lake.snapshot() if held else None
    if as_json:
        print_json({"snapshot": snapshot, "datasets": held, "absent": missing})
        return
    columns = (
        *("dataset", "timeframe", "instruments", "rows", "first_session", "last_session"),
        *("sessions_behind", "bytes"),
    )
    print_table(columns, [[getattr(one, column) for column in columns] for one in held])
    click.echo(f"snapshot {snapshot or '-'}")
    if missing:
        click.echo(f"not ingested: {', '.join(missing)}; `trii data ingest` takes them")
