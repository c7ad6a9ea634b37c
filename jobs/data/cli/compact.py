"""`trii data compact`: fewer files."""

import click

from cluster.cli.output import json_option, print_json, print_table
from cluster.laptop import identity
from cluster.stores.lake import Lake, maintenance

_COLUMNS = ("table", "files_before", "files_after", "version")


@click.command()
@click.option("--at-least", default=8, show_default=True, type=click.IntRange(2),
              help="Files from which on a partition is joined.")  # fmt: skip
@json_option
def compact(*, at_least: int, as_json: bool) -> None:
    """Join small files, and remove those that no version within the retention names."""
    lake = Lake.of(identity.settings_here())
    done = maintenance.compact(lake, at_least=at_least)
    removed = maintenance.expire(lake)
    if as_json:
        print_json({"tables": done, "expired_files": removed})
        return
    print_table(_COLUMNS, [[getattr(table, name) for name in _COLUMNS] for table in done])
    click.echo(f"{removed} expired files removed")
