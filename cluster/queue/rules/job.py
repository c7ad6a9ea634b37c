"""A job as its row tells of it, and as Ray does: plain values, which rules and stores share."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from cluster.queue.rules.states import ENDED, JobState

Status = Literal["PENDING", "RUNNING", "STOPPED", "SUCCEEDED", "FAILED"]


@dataclass(frozen=True)
class Job:
    """One job with its current attempt. Times are aware UTC; `attempt` is 0 before the first.

    `number` is its place in the order of arrival.
    """

    id: str
    number: int
    user_id: str
    pool: str
    cpus: float
    gpus: float
    memory_bytes: int
    priority: str
    deadline: datetime | None
    depends_on: list[str]
    queued_at: datetime
    kind: str
    module: str
    arguments: list[str]
    bundle: str | None
    idempotency_key: str | None
    request_hash: str
    resumable: bool
    attempt: int
    max_attempts: int
    state: JobState
    reason: str
    fence: int
    created_at: datetime
    submitting_at: datetime | None
    running_at: datetime | None
    cancel_at: datetime | None
    ended_at: datetime | None
    submission_id: str | None
    session: str | None
    submitted_at: datetime | None

    @property
    def ended(self) -> bool:
        return self.state in ENDED

    @property
    def waits_for(self) -> str:
        """Why it has not begun, in the queue or in Ray; "" where that is not known, or it has."""
        return self.reason if self.state in {"queued", "submitting"} else ""


@dataclass(frozen=True)
class Attempt:
    """One try of a job: what Ray calls it, and what became of it."""

    attempt: int
    submission_id: str
    session: str | None
    begun_at: datetime
    submitted_at: datetime | None
    running_at: datetime | None
    ended_at: datetime | None
    outcome: str | None


@dataclass(frozen=True)
class RayJob:
    """A job as Ray tells of it. `job_id` is ours, None for one that came past the queue."""

    submission_id: str
    status: Status
    entrypoint: str
    job_id: str | None = None
    error_type: str | None = None
    exit_code: int | None = None
    message: str = ""
    started_ms: int | None = None


def printable(text: str) -> str:
    """One line that a row of PostgreSQL and a terminal take: what a job wrote may be anything."""
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text
    )
