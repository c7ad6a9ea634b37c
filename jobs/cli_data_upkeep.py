"""`trii data diff | compact`: what changed between snapshots, and fewer files."""

from dataclasses import asdict

import click

from cluster.cli.output import json_option, print_json, print_table
from cluster.settings import load_settings


@click.command()
@click.argument("before", metavar="SNAP1")
@click.argument("after", metavar="SNAP2")
@click.option("--examples", default=10, show_default=True, type=click.IntRange(0),
              help="Restated rows to show of each table.")  # fmt: skip
@json_option
def diff(before: str, after: str, examples: int, as_json: bool) -> None:  # noqa: FBT001
    """Tell what snapshot SNAP2 adds to and restates of the older SNAP1."""
    from cluster.stores.lake import Lake  # noqa: PLC0415 - loads slowly
    from jobs import data_diff  # noqa: PLC0415

    found = data_diff.diff(Lake(load_settings().lake_url), before, after, examples=examples)
    if as_json:
        print_json([asdict(one) for one in found])
        return
    columns = ("table", "version_before", "version_after", "added", "restated", "instruments")
    rows = [[getattr(one, name) for name in columns[:-1]] + [len(one.instruments)] for one in found]
    print_table(columns, rows)
    for one in found:
        for example in one.examples:
            key = " ".join(map(str, example.key.values()))
            changes = ", ".join(
                f"{name} {old} → {new}" for name, (old, new) in example.changes.items()
            )
            click.echo(f"{one.table} {key}: {changes}")


@click.command()
@click.option("--at-least", default=8, show_default=True, type=click.IntRange(2),
              help="Files from which on a partition is joined.")  # fmt: skip
@json_option
def compact(at_least: int, as_json: bool) -> None:  # noqa: FBT001
    """Join small files, and remove those that no version within the retention names."""
    from cluster.stores.lake import Lake, maintenance  # noqa: PLC0415 - loads slowly

    lake = Lake(load_settings().lake_url)
    done = maintenance.compact(lake, at_least=at_least)
    removed = maintenance.expire(lake)
    if as_json:
        print_json({"tables": done, "expired_files": removed})
        return
    columns = ("table", "files_before", "files_after", "version")
    print_table(columns, [[getattr(one, name) for name in columns] for one in done])
    click.echo(f"{removed} expired files removed")
