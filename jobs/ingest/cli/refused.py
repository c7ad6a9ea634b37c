"""`trii data quarantine`: the bars that validation refused, and what becomes of them."""

from collections.abc import Sequence
from typing import Any

import click

from cluster.cli.output import json_option, print_json, print_table
from cluster.clock import utc_now
from cluster.errors import BadInput
from cluster.laptop import identity
from cluster.stores.lake import Lake
from jobs.ingest import quarantine as store
from jobs.ingest.replay import replay as judge_again

_SHOWN = 12  # characters of an id: any beginning that is unique will do
_ids = click.argument("row_ids", nargs=-1, metavar="[ID]...")
_dataset = click.option("--dataset", help="All held bars of one dataset.")
_all = click.option("--all", "everything", is_flag=True, help="All held bars.")


@click.command("list")
@_dataset
@click.option("--state", type=click.Choice(["held", "accepted", "discarded"]), default="held",
              show_default=True, help="Bars that still wait, or how they were settled.")  # fmt: skip
@click.option("--reason", default="", help="Only reasons that hold this text.")
@json_option
def list_bars(*, dataset: str | None, state: store.HeldState, reason: str, as_json: bool) -> None:
    """Bars in quarantine with their reasons."""
    rows = store.listed(_lake(), dataset=dataset, state=state)
    rows = [row for row in rows if reason in row["reason"]]
    if as_json:
        print_json(rows)
        return
    columns = ("row_id", "dataset", "timeframe", "instrument_id", "timestamp", "reason")
    shown = [row | {"row_id": row["row_id"][:_SHOWN]} for row in rows]
    print_table(columns, [[row[name] for name in columns] for row in shown])


@click.command()
@click.argument("row_id", metavar="ID")
@json_option
def show(*, row_id: str, as_json: bool) -> None:
    """Everything that one bar says."""
    (row,) = store.find(_lake(), [row_id])
    if as_json:
        print_json(row)
    else:
        print_table(("column", "value"), list(row.items()))


@click.command()
@_ids
@_dataset
@_all
@click.option("--replace", is_flag=True, help="Let a bar take the place of one that stands.")
@json_option
def replay(
    *,
    row_ids: tuple[str, ...],
    dataset: str | None,
    everything: bool,
    replace: bool,
    as_json: bool,
) -> int:
    """Judge bars again and commit the good ones; exit status 1 if some are still held."""
    lake = _lake()
    rows = _chosen(lake, row_ids, dataset, everything=everything)
    outcome = judge_again(lake, rows, now=utc_now(), replace=replace)
    if as_json:
        print_json(outcome)
    else:
        click.echo(f"{outcome.accepted} accepted")
        for reason, count in outcome.held.items():
            click.echo(f"still held {count}: {reason}")
    return 1 if outcome.held else 0


@click.command()
@_ids
@_dataset
@_all
@json_option
def discard(
    *,
    row_ids: tuple[str, ...],
    dataset: str | None,
    everything: bool,
    as_json: bool,
) -> None:
    """Settle bars as wrong for good: an ingest that brings them again says nothing of them."""
    lake = _lake()
    rows = _chosen(lake, row_ids, dataset, everything=everything)
    count = store.discard(lake, rows, now=utc_now())
    if as_json:
        print_json({"discarded": count})
    else:
        click.echo(f"{count} discarded")


def _chosen(
    lake: Lake, row_ids: Sequence[str], dataset: str | None, *, everything: bool
) -> list[dict[str, Any]]:
    """The bars meant. Raises BadInput unless ids, a dataset or --all say which."""
    if bool(row_ids) + (dataset is not None) + everything != 1:
        raise BadInput("say which bars: their ids, --dataset NAME or --all")
    if row_ids:
        return store.find(lake, row_ids)
    return store.listed(lake, dataset=dataset, state="held")


def _lake() -> Lake:
    return Lake.of(identity.settings_here())
