"""`trii data diff`: what changed between two snapshots."""

from dataclasses import asdict

import click

from cluster.cli.output import json_option, print_json, print_table
from cluster.laptop import identity
from cluster.stores.lake import Lake
from jobs.data import diff as snapshots

_COLUMNS = ("table", "version_before", "version_after", "added", "restated", "instruments")


@click.command()
@click.argument("before", metavar="SNAP1")
@click.argument("after", metavar="SNAP2")
@click.option("--examples", default=10, show_default=True, type=click.IntRange(0),
              help="Restated rows to show of each table.")  # fmt: skip
@json_option
def diff(*, before: str, after: str, examples: int, as_json: bool) -> None:
    """Tell what snapshot SNAP2 adds to and restates of the older SNAP1."""
    lake = Lake.of(identity.settings_here())
    found = snapshots.diff(lake, before, after, examples=examples)
    if as_json:
        print_json([asdict(table) for table in found])
    else:
        _print(found)


def _print(found: list[snapshots.TableDiff]) -> None:
    rows = [
        [*(getattr(table, name) for name in _COLUMNS[:-1]), len(table.instruments)]
        for table in found
    ]
    print_table(_COLUMNS, rows)
    for table in found:
        for example in table.examples:
            key = " ".join(map(str, example.key.values()))
            changes = ", ".join(
                f"{name} {old} → {new}" for name, (old, new) in example.changes.items()
            )
            click.echo(f"{table.table} {key}: {changes}")
