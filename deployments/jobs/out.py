"""Jobs as clients see them."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from cluster.queue.progress import JobProgress
from cluster.queue.rules.job import Job
from cluster.queue.rules.states import JobState
from deployments.jobs.desk import Whole

# What a client is told of a row under the same name; where Ray runs it and under which fence is ours.
_SAME = (
    *("id", "kind", "module", "arguments", "bundle", "user_id", "state", "reason", "pool", "cpus"),
    *("gpus", "memory_bytes", "priority", "deadline", "attempt", "max_attempts", "submission_id"),
    *("created_at", "queued_at", "submitting_at", "running_at", "cancel_at", "ended_at"),
)


class JobOut(BaseModel):
    """A job. `reason` says why it waits or how it ended; times are null until they come."""

    id: str
    kind: str
    module: str
    arguments: list[str]
    bundle: str | None = Field(description="SHA-256 of the code of your own that it runs in")
    user_id: str
    state: JobState
    reason: str
    pool: str
    cpus: float
    gpus: float
    memory_bytes: int
    priority: str
    deadline: datetime | None
    after: list[str] = Field(description="jobs that must succeed first")
    attempt: int
    max_attempts: int
    submission_id: str | None = Field(description="what the current attempt is called")
    created_at: datetime
    queued_at: datetime
    submitting_at: datetime | None
    running_at: datetime | None
    cancel_at: datetime | None = Field(description="when somebody asked for its end")
    ended_at: datetime | None


class ProgressOut(BaseModel):
    """How far a job says it is, and what it is doing; `eta` while it runs, at its pace so far."""

    done: float
    total: float | None
    unit: str
    doing: str
    share: float | None
    eta: datetime | None


class AttemptOut(BaseModel):
    """One try of a job."""

    attempt: int
    submission_id: str
    begun_at: datetime
    submitted_at: datetime | None
    running_at: datetime | None
    ended_at: datetime | None
    outcome: str | None


class WholeJobOut(JobOut):
    """A job with its progress and attempts."""

    progress: ProgressOut | None
    attempts: list[AttemptOut]


class ArtifactOut(BaseModel):
    """A file in the job's folder: its path there and its size. `log.txt` is the log."""

    name: str
    bytes: int


def shown(job: Job) -> dict[str, Any]:
    """The fields of `JobOut`."""
    return {name: getattr(job, name) for name in _SAME} | {"after": job.depends_on}


def shown_whole(found: Whole, *, now: datetime) -> dict[str, Any]:
    """The fields of `WholeJobOut`."""
    progress = found.progress and shown_progress(found.job, found.progress, now=now)
    tries = [asdict(attempt) for attempt in found.attempts]
    fields = AttemptOut.model_fields
    attempts = [
        {name: value for name, value in attempt.items() if name in fields} for attempt in tries
    ]
    return shown(found.job) | {"progress": progress, "attempts": attempts}


def shown_progress(job: Job, progress: JobProgress, *, now: datetime) -> dict[str, Any]:
    """The fields of `ProgressOut`."""
    began = job.running_at if job.state == "running" else None
    eta = progress.eta(started=began, now=now) if began else None
    return {**asdict(progress), "share": progress.share, "eta": eta}
