"""The job queue in PostgreSQL: rows, their attempts, and moves that happen only where they may."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from cluster.errors import Conflict
from cluster.queue.rules.job import Attempt, Job
from cluster.queue.rules.limits import Quota
from cluster.queue.rules.states import ENDED, JobState, may_move
from cluster.stores.postgres import Connection, sql


def insert_job(connection: Connection, row: Mapping[str, Any]) -> bool:
    """Enter a job, queued. False where the user has used this idempotency key before."""
    return connection.execute(sql("insert_job"), row).fetchone() is not None


def get_job(connection: Connection, job_id: str) -> Job | None:
    return next(iter(find_jobs(connection, ids=[job_id])), None)


def find_jobs(
    connection: Connection,
    *,
    ids: Collection[str] | None = None,
    states: Collection[JobState] | None = None,
    user_id: str | None = None,
    key: str | None = None,
    before: str | None = None,
    limit: int | None = None,
) -> list[Job]:
    """Jobs that fit every condition given, newest first; `before` is the last id of a page."""
    conditions = {
        "ids": None if ids is None else list(ids),
        "states": None if states is None else list(states),
        "user_id": user_id,
        "key": key,
        "before": before,
        "limit": limit,
    }
    return [Job(**row) for row in connection.execute(sql("select_jobs"), conditions)]


def move(
    connection: Connection,
    job: Job,
    to: JobState,
    *,
    now: datetime,
    reason: str = "",
    fence: int | None = None,
    max_attempts: int | None = None,
) -> bool:
    """Move a job from the state in which it was read; False where it has moved meanwhile.

    `fence` is the token of the loop that moves it. A person's command has none: it is fenced by
    what it has read. Raises ValueError for a move that no job may make.
    """
    if not may_move(job.state, to):
        raise ValueError(f"a {job.state} job can't become {to}")
    row = {
        "id": job.id,
        "from": job.state,
        "to": to,
        "attempt": job.attempt,
        "reason": reason,
        "fence": job.fence if fence is None else fence,
        "max_attempts": max_attempts,
        "ends": to in ENDED,
        "now": now,
    }
    return connection.execute(sql("move_job"), row).rowcount == 1


def begin_attempt(
    connection: Connection, job: Job, *, session: str, fence: int, now: datetime, reason: str = ""
) -> bool:
    """Move a queued job to submitting with a new attempt, before Ray is asked.

    `reason`: for what it will wait there, where that is known.
    """
    if not move(connection, job, "submitting", now=now, reason=reason, fence=fence):
        return False
    attempt = job.attempt + 1
    row = {
        "job_id": job.id,
        "attempt": attempt,
        "submission_id": submission_id(job.id, attempt),
        "session": session,
        "fence": fence,
        "now": now,
    }
    connection.execute(sql("insert_attempt"), row)
    return True


def submission_id(job_id: str, attempt: int) -> str:
    """What Ray calls an attempt: the job's own id, then `<id>-2`, `<id>-3`."""
    return job_id if attempt == 1 else f"{job_id}-{attempt}"


def note_attempt(
    connection: Connection,
    job: Job,
    *,
    session: str | None,
    submitted_at: datetime | None = None,
    running_at: datetime | None = None,
    ended_at: datetime | None = None,
    outcome: str | None = None,
) -> None:
    """Add to what is known of the current attempt; what is known already stays, but `session`."""
    row = {
        "job_id": job.id,
        "attempt": job.attempt,
        "session": session,
        "submitted_at": submitted_at,
        "running_at": running_at,
        "ended_at": ended_at,
        "outcome": outcome,
    }
    connection.execute(sql("note_attempt"), row)


def explain(connection: Connection, job: Job, reason: str, *, fence: int) -> None:
    """Write down why a queued job waits."""
    row = {"id": job.id, "reason": reason, "fence": fence}
    connection.execute(sql("explain_job"), row)


def request_cancel(connection: Connection, job_id: str, *, now: datetime) -> bool:
    """Ask the loop to stop a job that Ray may have; False where it is in another state."""
    row = {"id": job_id, "now": now}
    return connection.execute(sql("request_cancel"), row).rowcount == 1


def list_attempts(connection: Connection, job_id: str) -> list[Attempt]:
    rows = connection.execute(sql("list_attempts"), {"job_id": job_id})
    return [Attempt(**row) for row in rows]


def known_submissions(connection: Connection, ids: Collection[str]) -> set[str]:
    """Which of Ray's submission ids are attempts of ours."""
    rows = connection.execute(sql("list_submission_ids"), {"ids": list(ids)})
    return {row["submission_id"] for row in rows}


def read_quotas(connection: Connection) -> dict[str, Quota]:
    """Quotas by user; `*` is everybody else's."""
    rows = connection.execute(sql("list_quotas"))
    return {row.pop("user_id"): Quota(**row) for row in rows}


def write_quota(connection: Connection, user_id: str, quota: Quota) -> None:
    """Give a user this quota, whatever they had. Only the owner role may."""
    connection.execute(sql("write_quota"), {"user_id": user_id, **asdict(quota)})


def remove_quota(connection: Connection, user_id: str) -> bool:
    """Take a user's own quota away; False where they have none. Only the owner role may."""
    return connection.execute(sql("remove_quota"), {"user_id": user_id}).rowcount == 1


def needs_of(connection: Connection, ids: Sequence[str]) -> dict[str, list[str]]:
    """What every job depends on that can be reached from these, by id."""
    rows = connection.execute(sql("list_needs"), {"ids": list(ids)})
    return {row["id"]: row["depends_on"] for row in rows}


def require_moved(moved: bool, job: Job) -> None:  # noqa: FBT001 - what `move` answered
    """Raise Conflict where a job has moved since it was read."""
    if not moved:
        raise Conflict(f"job {job.id} changed at this very moment; look again and repeat")
