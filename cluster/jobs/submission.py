"""Submit a job to the Ray cluster and follow it to its end."""

import asyncio
import logging
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import uuid4

from aiohttp import ClientError
from ray.job_submission import JobStatus, JobSubmissionClient

from cluster import pools
from cluster.errors import Conflict, PlatformError
from cluster.runtime_env import as_environment, driver_variables
from cluster.settings import Settings

_DRIVER_CPUS = 0.1  # a driver waits; its tasks ask for their own processors


@dataclass(frozen=True)
class JobOutcome:
    """How a job ended; `message` is Ray's one-line reason when it did not succeed."""

    state: Literal["succeeded", "failed", "stopped"]
    message: str


def client(settings: Settings) -> JobSubmissionClient:
    """Ray's job client with the platform's token. Raises PlatformError when Ray is away."""
    logging.getLogger("ray.dashboard.modules.job.sdk").setLevel(logging.WARNING)
    token = settings.ray_auth_token.get_secret_value()
    try:
        return JobSubmissionClient(
            settings.dashboard_url, headers={"Authorization": f"Bearer {token}"}
        )
    except (ConnectionError, RuntimeError) as exc:
        raise PlatformError(
            f"Ray does not answer at {settings.dashboard_url}; see `trii status`, then `trii up`"
        ) from exc


def submit(
    settings: Settings,
    *,
    module: str,
    arguments: Sequence[str],
    pool: str = "batch",
    submission_id: str | None = None,
    metadata: Mapping[str, str] | None = None,
) -> str:
    """Start `python -m module arguments…` on a node of the pool; returns the submission id.

    Raises Conflict when a job of this id exists.
    """
    ray = client(settings)
    try:
        return ray.submit_job(
            entrypoint=_command(module, arguments),
            submission_id=submission_id or f"{module.removeprefix('jobs.')}-{uuid4().hex[:12]}",
            metadata=dict(metadata or {}),
            runtime_env={"env_vars": dict(as_environment(driver_variables()))},
            entrypoint_num_cpus=_DRIVER_CPUS,
            entrypoint_label_selector=pools.placement(pool, available=pools.LAPTOP_POOLS),
        )
    except RuntimeError as exc:
        if "already exists" in str(exc):
            raise Conflict(f"a job {submission_id} exists already") from exc
        raise PlatformError(f"Ray refused the job: {str(exc).splitlines()[0]}") from exc
    except OSError as exc:
        raise PlatformError(f"Ray does not answer at {settings.dashboard_url}") from exc


def follow(
    settings: Settings, submission_id: str, *, on_log: Callable[[str], None] = lambda _: None
) -> JobOutcome:
    """Hand each line of the job's output to `on_log` as it comes; returns when the job ended.

    Raises PlatformError when Ray goes away meanwhile.
    """
    ray = client(settings)

    async def read() -> None:
        rest = ""
        async for chunk in ray.tail_job_logs(submission_id):
            *lines, rest = (rest + chunk).split("\n")
            for line in lines:
                on_log(line)
        if rest:
            on_log(rest)

    try:
        asyncio.run(read())
        info = ray.get_job_info(submission_id)
    except (RuntimeError, OSError, ClientError) as exc:
        raise PlatformError(
            f"Ray went away while job {submission_id} ran; see `trii status`, then `trii up`"
        ) from exc
    ends: dict[JobStatus, Literal["succeeded", "failed", "stopped"]] = {
        JobStatus.SUCCEEDED: "succeeded",
        JobStatus.STOPPED: "stopped",
    }
    message = (info.message or "").strip().splitlines()
    return JobOutcome(ends.get(info.status, "failed"), message[0] if message else "")


def _command(module: str, arguments: Sequence[str]) -> str:

    return shlex.join(["python", "-m", module, *arguments])
