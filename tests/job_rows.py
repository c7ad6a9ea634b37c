"""Rows of jobs that stand in no table."""

from datetime import UTC, datetime

from cluster.queue.rules.job import Job

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


def make_job(**changes):
    """A job; fields that are not given are those of one that runs."""
    fields = {
        "id": "j-1", "number": 1, "user_id": "ada", "pool": "batch", "cpus": 0.1, "gpus": 0.0,
        "memory_bytes": 0, "priority": "normal", "deadline": None, "depends_on": [],
        "kind": "module", "module": "some.module", "arguments": [], "idempotency_key": None,
        "request_hash": "0" * 64, "resumable": False, "attempt": 1, "max_attempts": 1,
        "state": "running", "reason": "", "fence": 1, "created_at": NOW, "queued_at": NOW,
        "submitting_at": NOW, "running_at": NOW, "cancel_at": None, "ended_at": None,
        "submission_id": "j-1", "session": "s", "submitted_at": NOW, "bundle": None,
    }  # fmt: skip
    return Job(**{**fields, **changes})
