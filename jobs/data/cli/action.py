"""`trii data action`: record one corporate action of an instrument, or call it off."""

from dataclasses import asdict
from datetime import datetime

import click

from cluster.cli.output import json_option, print_json
from cluster.clock import utc_now
from cluster.errors import BadInput
from cluster.laptop import identity
from cluster.providers.files.actions import KINDS
from cluster.stores.lake import Lake
from jobs.ingest.actions import record

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.argument("instrument", metavar="DATASET:SYMBOL")
@click.argument("kind", type=click.Choice([kind for kind in KINDS if kind != "rename"]))
@click.argument("ex_date", metavar="EX_DATE", type=_DAY)
@click.option(
    "--ratio", type=float, help="New shares for one old, or a child's for one of the parent."
)
@click.option("--amount", type=float, help="What a dividend pays for a share held before.")
@click.option("--currency", help="Currency of the amount.  [default: that of the prices]")
@click.option("--child", help="Symbol of what was spun off.")
@click.option("--child-price", type=float, help="What a child's share is worth then.")
@click.option("--value", type=float, help="What a share is worth after the last session.")
@click.option("--haircut", type=float, help="Or the share of the last close that is lost, 0 to 1.")
@click.option(
    "--announced", type=_DAY, help="When the market knew it.  [default: the close before]"
)
@click.option("--event-id", help="Id of it, where a day has two of one kind.")
@click.option("--withdraw", is_flag=True, help="Call it off instead: it was recorded by mistake.")
@json_option
def action(
    *,
    instrument: str,
    kind: str,
    ex_date: datetime,
    announced: datetime | None,
    withdraw: bool,
    as_json: bool,
    **told: str | float | None,
) -> None:
    """Record a split, dividend, spin-off or delisting of one instrument."""
    dataset, sign, _ = instrument.partition(":")
    if not sign:
        raise BadInput(
            f"{instrument[:40]!r}: expected DATASET:SYMBOL, such as mine:{instrument[:24]}"
        )
    row = {"symbol": instrument, "kind": kind, "ex_date": ex_date.date(), **told}
    row["announced"] = None if announced is None else announced.date()
    lake = Lake.of(identity.settings_here())
    found, written = record(lake, dataset, row, now=utc_now(), withdrawn=withdraw)
    if as_json:
        print_json(asdict(found) | {"kind": found.kind, "withdrawn": withdraw, "written": written})
        return
    done = "called off" if withdraw else "recorded"
    click.echo(
        f"{found.kind} of {found.instrument_id} on {found.ex_date}: {done if written else 'stood already'}"
    )
