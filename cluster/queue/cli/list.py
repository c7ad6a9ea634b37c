"""`trii jobs list`: the queue's jobs, then those that came past it."""

from typing import Any

import click

from cluster.cli.output import json_option, print_json, print_table
from cluster.fleet.ray_api import RayAway
from cluster.laptop import identity
from cluster.queue import commands as queue
from cluster.queue.cli.show import document
from cluster.queue.rules.job import Job, RayJob
from cluster.queue.rules.states import STATES, JobState
from cluster.settings import Settings

_HEADER = ("id", "state", "kind", "user", "pool", "priority", "attempt", "queued", "reason")


@click.command(name="list")
@click.option(
    "--limit",
    type=click.IntRange(1, 1000),
    default=20,
    show_default=True,
    help="How many jobs at most.",
)
@click.option(
    "--state",
    "states",
    type=click.Choice(STATES),
    multiple=True,
    help="Jobs in this state alone; repeatable.",
)
@click.option("--user", "user_id", help="Jobs of this user alone.")
@json_option
def list_jobs(
    *, limit: int, states: tuple[JobState, ...], user_id: str | None, as_json: bool
) -> None:
    """List jobs, newest first; then those that came by plain `ray job submit`."""
    settings = identity.running_settings()
    jobs = queue.list_jobs(settings, user_id=user_id, states=states or None, limit=limit)
    others = [] if states or user_id else _externals(settings, limit=limit)
    if as_json:
        print_json([*map(document, jobs), *map(external_document, others)])
        return
    print_table(_HEADER, [*map(_cells, jobs), *map(_external_cells, others)])


def _externals(settings: Settings, *, limit: int) -> list[RayJob]:
    """None where Ray is away: the queue's own rows are shown all the same."""
    try:
        return queue.externals(settings)[:limit]
    except RayAway:
        return []


def _cells(job: Job) -> tuple[object, ...]:
    attempt = f"{job.attempt}/{job.max_attempts}"
    return (
        job.id, job.state, job.kind, job.user_id, job.pool, job.priority, attempt,
        f"{job.queued_at:%Y-%m-%d %H:%M:%S}", job.reason or None,
    )  # fmt: skip


def _external_cells(job: RayJob) -> tuple[object, ...]:
    told = external_document(job)
    return (job.submission_id, told["state"], "external", *[None] * 5, told["reason"])


def external_document(job: RayJob) -> dict[str, Any]:
    """A job that came past the queue, with as much as Ray tells of it."""
    state = {"PENDING": "submitting", "STOPPED": "cancelled"}.get(job.status, job.status.lower())
    return {
        "id": job.submission_id,
        "kind": "external",
        "state": state,
        "entrypoint": job.entrypoint,
        "reason": (job.message.splitlines() or [""])[0],
    }
