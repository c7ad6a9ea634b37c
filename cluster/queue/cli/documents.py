"""Jobs as documents for programs: what `trii jobs list` and `show` share."""

from dataclasses import asdict
from typing import Any

from cluster.queue.rules.job import Job, RayJob

_INNER = {"fence", "session", "request_hash", "number"}  # the queue's own bookkeeping


def document(job: Job) -> dict[str, Any]:
    return {name: value for name, value in asdict(job).items() if name not in _INNER}


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
