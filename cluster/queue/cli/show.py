"""`trii jobs show`: all that is known of a job, as a document and as lines."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

import click

from cluster.cli.output import json_option, print_json
from cluster.clock import utc_now
from cluster.fleet.ray_api import RayAway
from cluster.laptop import identity
from cluster.queue import commands as queue
from cluster.queue import folder
from cluster.queue.progress import JobProgress
from cluster.queue.rules.job import Job
from cluster.settings import Settings

_INNER = {"fence", "session", "request_hash", "number"}  # the queue's own bookkeeping


@click.command()
@click.argument("job_id", metavar="ID")
@json_option
def show(*, job_id: str, as_json: bool) -> None:
    """Show one job: its state and reason, progress, attempts and files."""
    told = _whole(identity.running_settings(), job_id, now=utc_now())
    if as_json:
        print_json(told)
    else:
        click.echo("\n".join(_lines(told)))


def _whole(settings: Settings, job_id: str, *, now: datetime) -> dict[str, Any]:
    """All that is known of a job."""
    job = queue.get(settings, job_id)
    try:
        progress = queue.progress_of(settings, job)
    except RayAway:
        progress = None
    return {
        **document(job),
        "progress": _progress_document(job, progress, now=now),
        "attempts": [asdict(attempt) for attempt in queue.attempts(settings, job_id)],
        "folder": str(folder.folder(settings, job_id)),
        "artifacts": [asdict(file) for file in folder.artifacts(settings, job_id)],
    }


def document(job: Job) -> dict[str, Any]:
    return {name: value for name, value in asdict(job).items() if name not in _INNER}


def _progress_document(
    job: Job, progress: JobProgress | None, *, now: datetime
) -> dict[str, Any] | None:
    """How far it is; when it will be done, while it runs."""
    if progress is None:
        return None
    runs = job.state == "running" and job.running_at is not None
    eta = progress.eta(started=job.running_at, now=now) if runs and job.running_at else None
    return {**asdict(progress), "share": progress.share, "eta": eta}


def _lines(told: dict[str, Any]) -> Iterator[str]:
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
    for attempt in told["attempts"]:
        outcome = attempt["outcome"] or "open"
        yield f"  attempt {attempt['attempt']}   {attempt['submission_id']}  {outcome}"
    for file in told["artifacts"]:
        yield f"  {told['folder']}/{file['name']}  {file['bytes']:,} bytes"


def _progress_line(progress: dict[str, Any]) -> str:
    of = f" of {progress['total']:g}" if progress["total"] else ""
    share = f" ({progress['share']:.0%})" if progress["share"] is not None else ""
    eta = f", done about {progress['eta']:%H:%M:%S} UTC" if progress["eta"] else ""
    doing = f": {progress['doing']}" if progress["doing"] else ""
    return f"  progress    {progress['done']:g}{of} {progress['unit']}{share}{eta}{doing}"
