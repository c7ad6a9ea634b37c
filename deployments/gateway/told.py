"""A job of the queue in Ray's words, as its client reads them (`JobDetails`)."""

import re
import shlex
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from cluster.queue.rules.job import Job, Status
from cluster.queue.rules.kinds import SHELL
from cluster.queue.rules.states import JobState
from deployments.gateway.asked import SUBMISSION

STATUSES: Final[Mapping[JobState, Status]] = {
    "queued": "PENDING",
    "submitting": "PENDING",
    "running": "RUNNING",
    "succeeded": "SUCCEEDED",
    "failed": "FAILED",
    "expired": "FAILED",
    "cancelled": "STOPPED",
}
_SUBMISSION: Final = re.compile(SUBMISSION)


def name_of(job: Job) -> str:
    """What the client calls it: the id that it chose, else the queue's."""
    key = job.idempotency_key
    return key if key and _SUBMISSION.fullmatch(key) else job.id


def details(job: Job) -> dict[str, Any]:
    """The fields of `JobDetails`."""
    return {
        "type": "SUBMISSION",
        "job_id": job.id,
        "submission_id": name_of(job),
        "driver_info": None,
        "status": STATUSES[job.state],
        "entrypoint": _entrypoint(job),
        "message": job.reason or None,
        "error_type": None,
        "start_time": _milliseconds(job.running_at or job.created_at),
        "end_time": _milliseconds(job.ended_at),
        "metadata": {"pool": job.pool, "priority": job.priority, "user_id": job.user_id},
        "runtime_env": {},
        "driver_agent_http_address": None,
        "driver_node_id": None,
        "driver_exit_code": None,
    }


def _entrypoint(job: Job) -> str:
    if job.module == SHELL:
        return " ".join(job.arguments)
    return shlex.join(["python", "-m", job.module, *job.arguments])


def _milliseconds(at: datetime | None) -> int | None:
    return None if at is None else round(at.timestamp() * 1000)
