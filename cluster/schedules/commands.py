"""What people do with schedules: look, pause, resume, run one now."""

from dataclasses import dataclass
from datetime import datetime

from cluster.control import leases
from cluster.queue.rules.job import Job
from cluster.schedules import store
from cluster.schedules.starting import submit
from cluster.schedules.store import Occurrence, ScheduleState
from cluster.schedules.table import Schedule, find_schedule, schedules
from cluster.settings import Settings
from cluster.stores.postgres import connect


@dataclass(frozen=True)
class Entry:
    """A schedule, what it will do next, and what it did last."""

    schedule: Schedule
    next_at: datetime | None
    progress: ScheduleState | None
    last: Occurrence | None


@dataclass(frozen=True)
class Overview:
    """`moves` is false where nobody leads the loops: nothing will start."""

    entries: list[Entry]
    moves: bool


def overview(settings: Settings, *, now: datetime) -> Overview:
    with connect(settings, "serve") as connection:
        progress, last = store.list_progress(connection), store.last_runs(connection)
        moves = leases.is_held(connection, leases.CONTROL)
    entries = []
    for schedule in schedules(settings).values():
        known = progress.get(schedule.name)
        paused = known is not None and known.paused_at is not None
        next_at = None if paused else schedule.when.following(now)
        entries.append(Entry(schedule, next_at, known, last.get(schedule.name)))
    return Overview(entries, moves)


def pause(settings: Settings, name: str, *, user_id: str, now: datetime) -> bool:
    """Switch a schedule off; False where it was off. Raises NotFound."""
    find_schedule(settings, name)
    with connect(settings, "serve") as connection:
        # One that was never planned yet has no row to pause.
        store.enter(connection, name, now=now)
        return store.pause(connection, name, user_id=user_id, now=now)


def resume(settings: Settings, name: str, *, now: datetime) -> bool:
    """Switch it on from now; what fell into the pause is not caught up. False where it was on."""
    find_schedule(settings, name)
    with connect(settings, "serve") as connection:
        return store.resume(connection, name, now=now)


def run_now(settings: Settings, name: str, *, now: datetime) -> Job:
    """Submit its job at once, paused or not; its own times stay as they are. Raises NotFound."""
    # Its key names the second: asked for twice within one, it is one job.
    return submit(settings, find_schedule(settings, name), now, now=now)
