"""`trii schedule list | pause | resume | run`."""

from typing import TYPE_CHECKING, Any

import click

from cluster.cli.output import json_option, print_json, print_table
from cluster.clock import utc_now

if TYPE_CHECKING:  # loaded by the commands themselves: `trii --help` must be instant
    from cluster.schedules.commands import Entry


@click.group()
def schedule() -> None:
    """What runs by itself: look, switch off and on, run now."""


@schedule.command(name="list")
@json_option
def list_(*, as_json: bool) -> None:
    """List schedules: when each runs, and what it did last."""
    from cluster.cli.identity import running_settings  # noqa: PLC0415
    from cluster.schedules.commands import overview  # noqa: PLC0415

    found = overview(running_settings(), now=utc_now())
    rows = [_document(one) for one in found.entries]
    if as_json:
        print_json({"schedules": rows, "moves": found.moves})
        return
    columns = ("name", "when", "next_at", "missed", "last_due_at", "last_state", "last_job")
    print_table(columns, [[_short(row[name]) for name in columns] for row in rows])
    if not found.moves:
        click.echo("no planner runs: nothing will start (see `trii status`)", err=True)


@schedule.command()
@click.argument("name")
@json_option
def pause(*, name: str, as_json: bool) -> None:
    """Switch a schedule off. What falls into the pause is not caught up."""
    from cluster.cli.identity import running_settings  # noqa: PLC0415
    from cluster.queue.commands import LOCAL_USER  # noqa: PLC0415
    from cluster.schedules import commands  # noqa: PLC0415

    changed = commands.pause(running_settings(), name, user_id=LOCAL_USER, now=utc_now())
    _tell(name, "paused", changed=changed, as_json=as_json)


@schedule.command()
@click.argument("name")
@json_option
def resume(*, name: str, as_json: bool) -> None:
    """Switch a schedule on again, from now."""
    from cluster.cli.identity import running_settings  # noqa: PLC0415
    from cluster.schedules import commands  # noqa: PLC0415

    changed = commands.resume(running_settings(), name, now=utc_now())
    _tell(name, "on", changed=changed, as_json=as_json)


@schedule.command()
@click.argument("name")
@json_option
def run(*, name: str, as_json: bool) -> None:
    """Submit a schedule's job now, even a paused one's; `trii jobs` shows what becomes of it."""
    from cluster.cli.identity import running_settings  # noqa: PLC0415
    from cluster.schedules.commands import run_now  # noqa: PLC0415

    job = run_now(running_settings(), name, now=utc_now())
    print_json({"schedule": name, "job": job.id}) if as_json else click.echo(job.id)


def _tell(name: str, state: str, *, changed: bool, as_json: bool) -> None:
    if as_json:
        print_json({"schedule": name, "state": state, "changed": changed})
    else:
        click.echo(f"{name} is {state}" if changed else f"{name} was {state} already")


def _document(entry: "Entry") -> dict[str, Any]:
    one, last, known = entry.schedule, entry.last, entry.progress
    return {
        "name": one.name,
        "purpose": one.purpose,
        "when": str(one.when),
        "next_at": "paused" if known and known.paused_at else entry.next_at,
        "missed": one.catch_up,
        "why": one.why,
        "job": [one.module, *one.arguments],
        "paused_at": known.paused_at if known else None,
        "paused_by": known.paused_by if known else None,
        "last_due_at": last.due_at if last else None,
        "last_state": last.state if last else None,
        "last_job": last.job_id if last else None,
        "last_note": last.note if last else None,
    }


def _short(value: object) -> object:
    return f"{value:%Y-%m-%d %H:%M}" if hasattr(value, "strftime") else value
