"""From an occurrence that is due to a job in the queue."""

from datetime import datetime

from cluster.clock import Clock
from cluster.errors import BadInput, Conflict
from cluster.logs import get_logger
from cluster.notices import outbox
from cluster.queue import commands as queue
from cluster.queue.rules.job import Job
from cluster.schedules import store
from cluster.schedules.store import Occurrence
from cluster.schedules.table import USER, Schedule, find_schedule
from cluster.settings import Settings
from cluster.stores.postgres import connect


def start(settings: Settings, name: str, due_at: datetime, *, clock: Clock) -> None:
    """Submit the job of an occurrence, unless that is done.

    Killed behind the submission and before the row is written, it submits again with the same key
    and is given the first job. A refusal is written down and told. Raises StoreError.
    """
    with connect(settings, "serve") as connection:
        run = store.get_run(connection, name, due_at)
    if run is None or run.state != "due":
        return
    try:
        # No transaction is open meanwhile: the queue submits in one of its own.
        job = submit(settings, find_schedule(settings, name), due_at, now=clock())
    except (BadInput, Conflict) as exc:
        _refused(settings, run, str(exc), now=clock())
        return
    with connect(settings, "serve") as connection:
        store.end_run(connection, run, state="submitted", job_id=job.id)
    get_logger().info("schedule started", schedule=name, due_at=due_at.isoformat(), job=job.id)


def submit(settings: Settings, schedule: Schedule, due_at: datetime, *, now: datetime) -> Job:
    """Through the queue, with its quotas, as every other job."""
    return queue.submit(settings, schedule.request(due_at), user_id=USER, now=now)


def _refused(settings: Settings, run: Occurrence, why: str, *, now: datetime) -> None:
    with connect(settings, "serve") as connection:
        if store.end_run(connection, run, state="failed", note=why):
            payload = {"schedule": run.schedule, "due": run.due_at.isoformat(), "reason": why}
            outbox.notify(connection, "schedule.missed", payload, now=now)
