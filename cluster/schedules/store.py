"""Schedules in PostgreSQL: how far each has been planned, and one row an occurrence."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from cluster.stores.postgres import Connection, sql

OccurrenceState = Literal["due", "submitted", "skipped", "failed"]


@dataclass(frozen=True)
class ScheduleState:
    """Every occurrence of a schedule up to `planned_until` is settled. Times are aware UTC."""

    name: str
    planned_until: datetime
    paused_at: datetime | None
    paused_by: str | None


@dataclass(frozen=True)
class Occurrence:
    """One occurrence. `job_id` is there once a job was submitted for it."""

    schedule: str
    due_at: datetime
    state: OccurrenceState
    planned_at: datetime
    job_id: str | None
    note: str


def enter(connection: Connection, name: str, *, now: datetime) -> None:
    """Make a schedule known that may be new."""
    connection.execute(sql("enter_schedule"), {"name": name, "now": now})


def list_progress(connection: Connection) -> dict[str, ScheduleState]:
    return {row["name"]: ScheduleState(**row) for row in connection.execute(sql("list_schedules"))}


def lock(connection: Connection, name: str) -> ScheduleState:
    """How far one has come, kept for this transaction."""
    row: Mapping[str, Any] | None = connection.execute(
        sql("lock_schedule"), {"name": name}
    ).fetchone()
    if row is None:
        raise LookupError(f"schedule {name!r} was not entered")
    return ScheduleState(**row)


def advance(connection: Connection, name: str, *, until: datetime) -> None:
    connection.execute(sql("advance_schedule"), {"name": name, "until": until})


def pause(connection: Connection, name: str, *, user_id: str, now: datetime) -> bool:
    """False where it is paused already."""
    row = {"name": name, "user_id": user_id, "now": now}
    return connection.execute(sql("pause_schedule"), row).rowcount == 1


def resume(connection: Connection, name: str, *, now: datetime) -> bool:
    """False where it is not paused."""
    return connection.execute(sql("resume_schedule"), {"name": name, "now": now}).rowcount == 1


def insert_run(
    connection: Connection,
    name: str,
    due_at: datetime,
    *,
    state: OccurrenceState,
    now: datetime,
    note: str = "",
) -> bool:
    """Enter an occurrence. False where it was entered before."""
    row = {"schedule": name, "due_at": due_at, "state": state, "now": now, "note": note}
    return connection.execute(sql("insert_run"), row).fetchone() is not None


def end_run(
    connection: Connection,
    run: Occurrence,
    *,
    state: OccurrenceState,
    job_id: str | None = None,
    note: str = "",
) -> bool:
    """Settle an occurrence that is due. False where that has happened meanwhile."""
    row = {
        "schedule": run.schedule,
        "due_at": run.due_at,
        "state": state,
        "job_id": job_id,
        "note": note,
    }
    return connection.execute(sql("end_run"), row).rowcount == 1


def get_run(connection: Connection, name: str, due_at: datetime) -> Occurrence | None:
    row = connection.execute(sql("get_run"), {"schedule": name, "due_at": due_at}).fetchone()
    return None if row is None else Occurrence(**row)


def last_runs(connection: Connection) -> dict[str, Occurrence]:
    """The newest occurrence of each schedule that had one."""
    rows = connection.execute(sql("list_last_runs"))
    return {row["schedule"]: Occurrence(**row) for row in rows}


def forget(connection: Connection, *, before: datetime) -> None:
    connection.execute(sql("forget_runs"), {"before": before})
