"""Jobs as documents for programs and as lines for people."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from time import sleep
from typing import Any

from cluster.errors import TriiError
from cluster.queue import commands as queue
from cluster.queue import folder
from cluster.queue.progress import Progress
from cluster.queue.ray_jobs import RayAway
from cluster.queue.rules.job import Job, RayJob
from cluster.settings import Settings

HEADER = ("id", "state", "kind", "user", "pool", "priority", "attempt", "queued", "reason")
_INNER = {"fence", "session", "request_hash", "number"}  # the queue's own bookkeeping
_REFRESH_S = 1.0


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


def cells(job: Job) -> tuple[object, ...]:
    attempt = f"{job.attempt}/{job.max_attempts}"
    return (
        job.id, job.state, job.kind, job.user_id, job.pool, job.priority, attempt,
        f"{job.queued_at:%Y-%m-%d %H:%M:%S}", job.reason or None,
    )  # fmt: skip


def external_cells(job: RayJob) -> tuple[object, ...]:
    told = external_document(job)
    return (job.submission_id, told["state"], "external", *[None] * 5, told["reason"])


def externals(settings: Settings, *, limit: int) -> list[RayJob]:
    """None where Ray is away: the queue's own rows are shown all the same."""
    try:
        return queue.externals(settings)[:limit]
    except RayAway:
        return []


def whole(settings: Settings, job_id: str, *, now: datetime) -> dict[str, Any]:
    """All that is known of a job."""
    job = queue.get(settings, job_id)
    try:
        progress = queue.progress_of(settings, job)
    except RayAway:
        progress = None
    return {
        **document(job),
        "progress": progress_document(job, progress, now=now),
        "attempts": [asdict(one) for one in queue.attempts(settings, job_id)],
        "folder": str(folder.folder(settings, job_id)),
        "artifacts": [asdict(one) for one in folder.artifacts(settings, job_id)],
    }


def progress_document(
    job: Job, progress: Progress | None, *, now: datetime
) -> dict[str, Any] | None:
    """How far it is; when it will be done, while it runs."""
    if progress is None:
        return None
    runs = job.state == "running" and job.running_at is not None
    eta = progress.eta(started=job.running_at, now=now) if runs and job.running_at else None
    return {**asdict(progress), "share": progress.share, "eta": eta}


def lines(told: dict[str, Any]) -> Iterator[str]:
    """A job for people."""
    reason = f": {told['reason']}" if told["reason"] else ""
    yield f"{told['id']}  {told['state']}{reason}"
    yield f"  python -m {' '.join([told['module'], *told['arguments']])}"
    if told["bundle"]:
        yield f"  bundle      {told['bundle']}"
    yield (
        f"  {told['kind']} of {told['user_id']} in pool {told['pool']}, priority {told['priority']}, "
        f"{told['cpus']:g} CPUs, {told['gpus']:g} GPUs, attempt {told['attempt']} of "
        f"{told['max_attempts']}"
    )
    for name in ("queued", "submitting", "running", "ended"):
        if moment := told[f"{name}_at"]:
            yield f"  {name:<11} {moment:%Y-%m-%d %H:%M:%S} UTC"
    if progress := told["progress"]:
        yield _progress_line(progress)
    for one in told["attempts"]:
        yield f"  attempt {one['attempt']}   {one['submission_id']}  {one['outcome'] or 'open'}"
    for one in told["artifacts"]:
        yield f"  {told['folder']}/{one['name']}  {one['bytes']:,} bytes"


def _progress_line(progress: dict[str, Any]) -> str:
    of = f" of {progress['total']:g}" if progress["total"] else ""
    share = f" ({progress['share']:.0%})" if progress["share"] is not None else ""
    eta = f", done about {progress['eta']:%H:%M:%S} UTC" if progress["eta"] else ""
    return f"  progress    {progress['done']:g}{of} {progress['unit']}{share}{eta}"


def top_document(settings: Settings) -> dict[str, Any]:
    return asdict(queue.overview(settings))


def live_top(settings: Settings) -> None:
    """A table that is drawn again each second, until Ctrl-C."""
    from rich.console import Console  # noqa: PLC0415 - slow to load
    from rich.live import Live  # noqa: PLC0415

    with Live(console=Console(), auto_refresh=False) as live:
        while True:
            live.update(_table(settings), refresh=True)
            try:
                sleep(_REFRESH_S)
            except KeyboardInterrupt:
                return


def _table(settings: Settings) -> Any:
    from rich.table import Table  # noqa: PLC0415

    try:
        seen = queue.overview(settings)
    except TriiError as exc:
        return f"{exc}"
    title = "jobs" if seen.moves else "jobs: nobody moves the queue, see `trii status`"
    table = Table(title=title)
    for name in ("user", "pool", "queued", "submitting", "running", "CPUs", "GPUs", "quota"):
        table.add_column(name)
    for one in seen.shares:
        quota = seen.quotas.get(one.user_id) or seen.quotas.get("*")
        numbers = (one.queued, one.submitting, one.running, f"{one.cpus:g}", f"{one.gpus:g}")
        limit = "-" if quota is None else _limit(quota.running, quota.cpus, quota.gpus)
        table.add_row(one.user_id, one.pool, *map(str, numbers), limit)
    return table


def _limit(running: int | None, cpus: float | None, gpus: float | None) -> str:
    parts = ((running, "jobs"), (cpus, "CPUs"), (gpus, "GPUs"))
    return ", ".join(f"{value:g} {unit}" for value, unit in parts if value is not None) or "none"
