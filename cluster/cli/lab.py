"""`trii lab`: SQL over the lake, or a Python prompt with the lake at hand."""

import code
import os
from datetime import datetime
from pathlib import Path

import click
from pyarrow import ArrowException, Table, csv, parquet

from cluster.cli.output import json_option, print_json, print_table
from cluster.errors import BadInput
from cluster.files import replacing
from cluster.laptop import identity
from cluster.stores.lake import Lake
from cluster.stores.lake.sql import Sql, connect, query

_GREETING = """\
lake   the lake: lake.bars(ids, timeframe="1Day", as_of=…), lake.actions(), lake.memberships()
sql    sql("SELECT * FROM bars LIMIT 5").to_pandas(); a view a table, and <table>_vintages
join   join(rows, facts, by=…, at=…, about=…): point in time, never a later fact"""


@click.command()
@click.argument("statement", required=False)
@click.option("--as-of", help="Show what could be known then, such as 2024-03-01T21:00:00Z.")
@click.option("--snapshot", help="Show what the lake held under this id.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the rows into this file; its name ends in .parquet or .csv.",
)
@json_option
def lab(
    *,
    statement: str | None,
    as_of: str | None,
    snapshot: str | None,
    output: Path | None,
    as_json: bool,
) -> None:
    """Run one SQL STATEMENT over the lake, or open a Python prompt with the lake at hand."""
    lake = Lake.of(identity.settings_here())
    connection = connect(lake, as_of=_instant(as_of), snapshot=snapshot)
    if statement is None:
        _prompt(lake, connection)
        return
    found = query(connection, statement)
    if output is not None:
        _write(found, output)
        click.echo(f"{found.num_rows:,} rows in {output}")
    elif as_json:
        print_json(found.to_pylist())
    else:
        print_table(found.column_names, [list(row.values()) for row in found.to_pylist()])


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError as exc:
        raise BadInput("--as-of: expected a time such as 2024-03-01T21:00:00Z") from exc


def _write(rows: Table, output: Path) -> None:
    """The file with all rows, or what stood there before. Raises BadInput."""
    writers = {".parquet": parquet.write_table, ".csv": csv.write_csv}
    if output.suffix not in writers:
        raise BadInput(f"--output: expected a name that ends in {' or '.join(writers)}")
    if output.exists() and not output.is_file():
        raise BadInput(f"--output: {output} is no file: choose another name")
    try:
        # Through a link, as every program writes: not in its place.
        with replacing(output.resolve()) as temporary:
            writers[output.suffix](rows, temporary)
    except OSError as exc:
        why = os.strerror(exc.errno) if exc.errno else str(exc)
        raise BadInput(f"--output: {output} can't be written: {why}") from exc
    except ArrowException as exc:
        remedy = "lists and structs go into .parquet" if output.suffix == ".csv" else "cast it"
        raise BadInput(f"--output: {str(exc).splitlines()[0]}: {remedy}") from exc


def _prompt(lake: object, connection: Sql) -> None:
    # pandas, a third of a second that a statement does without.
    from market.joins import point_in_time  # noqa: PLC0415

    names = {"lake": lake, "sql": lambda text: query(connection, text), "join": point_in_time}
    code.interact(banner=_GREETING, local=names, exitmsg="")
