"""What can be done with jobs: submit, look, cancel, retry. The command line and HTTP both call this.

Nothing here starts anything: rows change, and the loop in the application `control` follows them.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import uuid4

from cluster.errors import BadInput, Conflict, Fault, NotFound
from cluster.queue import folder, progress, room, spending, store
from cluster.queue.rules.budget import Run, never
from cluster.queue.rules.job import Attempt, Job, RayJob
from cluster.queue.rules.kinds import default_attempts, is_resumable, name_of
from cluster.queue.rules.limits import beyond, quota_of
from cluster.queue.rules.states import JobState
from cluster.requests.job import JobRequest
from cluster.settings import Settings
from cluster.stores.postgres import Connection, connect

LOCAL_USER: Final = "local"  # whoever has the platform's own files; the subject of `trii token` too
_TRIES = 5
Check = Callable[[], None]
"""Raises BadInput for a request that could only fail."""


def submit(
    settings: Settings,
    request: JobRequest,
    *,
    user_id: str,
    now: datetime,
    job_id: str | None = None,
    check: Check = lambda: None,
) -> Job:
    """Enter a job into the queue; the same key and request of the same user give the first job.

    Raises `BadInput` for a pool that is not there or has no such machine, a dependency cycle or a
    request that the user's quota or the day's budget can never hold, `NotFound` for a dependency that
    does not exist, `Conflict` for a key that was used for another request or an id that is taken, and
    what `check` raises, which is asked of new requests alone. Nothing is written then.
    """
    name = job_id or _new_id(request.module)
    with connect(settings, "serve") as connection:
        # Before the checks: a request that was taken stays so, though quotas have changed since.
        if first := _first_of_key(connection, request, user_id):
            return first
        room.require(settings, request)
        row = _row(request, user_id=user_id, now=now, job_id=name)
        check()
        _require_needs(connection, name, request.after)
        _require_quota(connection, request, user_id)
        _require_dollars(connection, settings, request, now=now)
        if store.get_job(connection, name):
            raise Conflict(f"a job {row['id']} exists already")
        if not store.insert_job(connection, row):  # another one with this key was quicker
            return _require(_first_of_key(connection, request, user_id), name)
        return _require(store.get_job(connection, name), name)


def get(settings: Settings, job_id: str) -> Job:
    """Raises NotFound."""
    with connect(settings, "serve") as connection:
        return _require(store.get_job(connection, job_id), job_id)


def of_key(settings: Settings, key: str, *, user_id: str) -> Job | None:
    """The user's job that was submitted with this idempotency key."""
    with connect(settings, "serve") as connection:
        found = store.find_jobs(connection, user_id=user_id, key=key)
    return found[0] if found else None


def attempts(settings: Settings, job_id: str) -> list[Attempt]:
    with connect(settings, "serve") as connection:
        return store.list_attempts(connection, job_id)


def list_jobs(
    settings: Settings,
    *,
    user_id: str | None = None,
    states: Collection[JobState] | None = None,
    before: str | None = None,
    limit: int = 50,
) -> list[Job]:
    """Jobs, newest first; `before` is the last id of the page before."""
    with connect(settings, "serve") as connection:
        return store.find_jobs(
            connection, user_id=user_id, states=states, before=before, limit=limit
        )


def externals(settings: Settings) -> list[RayJob]:
    """Jobs that came past the queue (`ray job submit`), newest first. Raises RayAway."""
    from cluster.queue.ray_jobs import RayJobs  # noqa: PLC0415  # an HTTP client: 0.1 s to load

    with RayJobs(settings) as ray:
        # Ray first: an attempt that it lists has had its row before it was handed over.
        found = ray.jobs()
    with connect(settings, "serve") as connection:
        ours = store.known_submissions(connection, found)
    others = [job for name, job in found.items() if name not in ours]
    return sorted(others, key=lambda job: job.started_ms or 0, reverse=True)


def cancel(settings: Settings, job_id: str, *, now: datetime) -> Job:
    """Cancel a queued job at once; have one that Ray may have stopped by the loop.

    Raises NotFound, and Conflict where it has ended.
    """
    with connect(settings, "serve") as connection:
        for _ in range(_TRIES):  # it may start or end at this very moment
            job = _require(store.get_job(connection, job_id), job_id)
            if job.ended:
                raise Conflict(f"job {job_id} is {job.state} already; nothing is left to cancel")
            reason = "cancelled by its user"
            queued = job.state == "queued"
            if queued and store.move(connection, job, "cancelled", now=now, reason=reason):
                break
            if not queued and store.request_cancel(connection, job_id, now=now):
                break
        return _require(store.get_job(connection, job_id), job_id)


def retry(settings: Settings, job_id: str, *, now: datetime) -> Job:
    """Queue a job again that ended without success, under the same id as one more attempt.

    Raises NotFound, and Conflict where it has succeeded, has not ended, or has a deadline behind it.
    """
    with connect(settings, "serve") as connection:
        job = _require(store.get_job(connection, job_id), job_id)
        if job.state == "succeeded" or not job.ended:
            raise Conflict(
                f"job {job_id} is {job.state}; only a job that ended without success can be retried"
            )
        if job.deadline is not None and job.deadline <= now:
            raise Conflict(
                f"job {job_id} had to start by {job.deadline:%Y-%m-%d %H:%M} UTC; submit it anew"
            )
        # The row takes the greater number: a job that has attempts left keeps them.
        one_more = job.attempt + 1
        moved = store.move(connection, job, "queued", now=now, max_attempts=one_more)
        store.require_moved(moved, job)
        return _require(store.get_job(connection, job_id), job_id)


def log(settings: Settings, job: Job) -> folder.LogEnd:
    """What the current attempt has written: from Ray while it is there, else what was kept.

    Raises RayAway.
    """
    if job.state in {"submitting", "running"} and job.submission_id and job.submitted_at:
        from cluster.queue.ray_jobs import RayJobs  # noqa: PLC0415  # as above

        with RayJobs(settings) as ray:
            pieces = ray.log(job.submission_id)
            if pieces is not None:
                return folder.end_of(pieces)
    return folder.kept_log(settings, job.id) or folder.LogEnd()


def progress_of(settings: Settings, job: Job) -> progress.JobProgress | None:
    """How far a job says it is; None where it says nothing."""
    return progress.last(log(settings, job).text)


def find_cycle(start: str, needs: Mapping[str, Sequence[str]]) -> list[str] | None:
    """The way from `start` along what jobs depend on that comes back to it; None where none does."""
    open_ = [(start, [start])]
    seen: set[str] = set()
    while open_:
        name, way = open_.pop()
        for need in needs.get(name, ()):
            if need == start:
                return [*way, need]
            if need not in seen:
                seen.add(need)
                open_.append((need, [*way, need]))
    return None


def _row(request: JobRequest, *, user_id: str, now: datetime, job_id: str) -> dict[str, object]:
    resumable = request.resumable
    if resumable is None:
        resumable = is_resumable(request.module)
    fields = request.model_dump(exclude={"after", "max_attempts", "resumable", "arguments"})
    return fields | {
        "id": job_id,
        "cpus": room.kept(request).cpus,
        "kind": name_of(request.module),
        "arguments": list(request.arguments),
        "user_id": user_id,
        "request_hash": request.hash(),
        "depends_on": list(dict.fromkeys(request.after)),
        "resumable": resumable,
        "max_attempts": request.max_attempts or default_attempts(resumable=resumable),
        "now": now,
    }


def _new_id(module: str) -> str:
    """Such as sweep-3f9a1c2b7e10."""
    name = re.sub(r"[^a-z0-9]+", "-", module.removeprefix("jobs.").lower()).strip("-")
    return f"{name[:40] or 'job'}-{uuid4().hex[:12]}"


def _first_of_key(connection: Connection, request: JobRequest, user_id: str) -> Job | None:
    key = request.idempotency_key
    if key is None:
        return None
    found = store.find_jobs(connection, user_id=user_id, key=key)
    if found and found[0].request_hash != request.hash():
        raise Conflict(
            f"idempotency key {key!r} was used for another request, job {found[0].id}; choose a new one"
        )
    return found[0] if found else None


def _require(job: Job | None, job_id: str) -> Job:
    if job is None:
        raise NotFound(f"no job has the id {job_id!r}; `trii jobs list` shows them")
    return job


def _require_needs(connection: Connection, job_id: str, after: Sequence[str]) -> None:
    if not after:
        return
    needs = store.needs_of(connection, after)
    # Only under an id that its caller chose can a job be named before it is there.
    if cycle := find_cycle(job_id, {**needs, job_id: after}):
        raise _bad("after", f"after: a cycle, {' needs '.join(cycle)}")
    if missing := [need for need in after if need not in needs]:
        raise NotFound(f"after: no job has the id {missing[0]!r}; `trii jobs list` shows them")


def _require_quota(connection: Connection, request: JobRequest, user_id: str) -> None:
    quota = quota_of(store.read_quotas(connection), user_id)
    if quota is None:
        return
    asked = room.kept(request)
    if why := beyond(quota, user_id, cpus=asked.cpus, gpus=asked.gpus):
        # Asked again without GPUs, to name the field that is at fault.
        cpus_fit = beyond(quota, user_id, cpus=asked.cpus, gpus=0.0) is None
        raise _bad("gpus" if cpus_fit else "cpus", f"{why}; it could never start")


def _require_dollars(
    connection: Connection, settings: Settings, request: JobRequest, *, now: datetime
) -> None:
    budget = spending.read_budget(connection, settings, now=now)
    if budget is None:
        return
    part = room.kept(request)
    asked = Run(
        name_of(request.module),
        request.pool,
        part.cpus,
        part.gpus,
        part.memory_bytes,
        running_at=None,
        ended_at=None,
    )
    if why := never(budget, asked):
        raise _bad("gpus" if request.gpus else "cpus", f"{why}; it could never start")


def _bad(place: str, message: str) -> BadInput:
    return BadInput(message, faults=[Fault(place, message)])
