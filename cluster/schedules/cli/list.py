"""`trii schedule list`: when each schedule runs, and what it did last."""

from typing import Any

import click

from cluster.cli.output import json_option, print_json, print_table
from cluster.clock import utc_now
from cluster.laptop import identity
from cluster.schedules.commands import Entry, overview

_COLUMNS = ("name", "when", "next_at", "missed", "last_due_at", "last_state", "last_job")


@click.command(name="list")
@json_option
def list_schedules(*, as_json: bool) -> None:
    """List schedules: when each runs, and what it did last."""
    seen = overview(identity.running_settings(), now=utc_now())
    rows = [_document(entry) for entry in seen.entries]
    if as_json:
        print_json({"schedules": rows, "moves": seen.moves})
        return
    print_table(_COLUMNS, [[_short(row[name]) for name in _COLUMNS] for row in rows])
    if not seen.moves:
        click.echo("no planner runs: nothing will start (see `trii status`)", err=True)


def _document(entry: Entry) -> dict[str, Any]:
    schedule, last, known = entry.schedule, entry.last, entry.progress
    return {
        "name": schedule.name,
        "purpose": schedule.purpose,
        "when": str(schedule.when),
        "next_at": "paused" if known and known.paused_at else entry.next_at,
        "missed": schedule.catch_up,
        "why": schedule.why,
        "job": [schedule.module, *schedule.arguments],
        "paused_at": known.paused_at if known else None,
        "paused_by": known.paused_by if known else None,
        "last_due_at": last.due_at if last else None,
        "last_state": last.state if last else None,
        "last_job": last.job_id if last else None,
        "last_note": last.note if last else None,
    }


def _short(value: object) -> object:
    return f"{value:%Y-%m-%d %H:%M}" if hasattr(value, "strftime") else value
