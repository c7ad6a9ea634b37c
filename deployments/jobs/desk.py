"""The queue as a caller may use it: their own jobs; what belongs to others is not there for them."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import BinaryIO, ClassVar, NoReturn, TypeVar

from cluster.bundles import bundle as bundles
from cluster.clock import Clock
from cluster.errors import BadInput, Conflict, Fault, Forbidden, NotFound, Overloaded, StoreError
from cluster.fleet.ray_api import RayAway
from cluster.queue import commands as queue
from cluster.queue import folder
from cluster.queue.commands import Check
from cluster.queue.folder import Artifact, LogEnd
from cluster.queue.progress import JobProgress
from cluster.queue.rules.job import Attempt, Job
from cluster.queue.rules.states import JobState
from cluster.requests.job import JobRequest
from cluster.security.tokens import Identity
from cluster.settings import Settings
from cluster.stores.lake import Lake
from deployments.http.database import in_thread
from deployments.http.identity import may_change, may_see, sees_all
from deployments.jobs.files import open_inside

T = TypeVar("T")


class IdempotencyConflict(Conflict):
    """The key was used for another request."""

    code: ClassVar[str] = "idempotency_conflict"
    title: ClassVar[str] = "Idempotency key used before"


@dataclass(frozen=True)
class Whole:
    """A job with its attempts, and how far it says it is."""

    job: Job
    attempts: list[Attempt]
    progress: JobProgress | None


class JobDesk:
    """Each call waits in a thread. Raises Overloaded while PostgreSQL, or Ray for a log, is away."""

    def __init__(self, settings: Settings, *, clock: Clock) -> None:
        self.settings = settings
        self.lake = Lake.of(settings)
        self.clock = clock

    async def submit(self, caller: Identity, request: JobRequest, *, check: Check) -> Job:
        """Enter a job of the caller's, unless `check` refuses it.

        Raises BadInput with the fields at fault, and IdempotencyConflict for a key that the caller
        used for another request; the same request again gives its job.
        """
        return await in_thread(lambda: self._submit(caller, request, check))

    async def page(
        self,
        caller: Identity,
        *,
        owner: str | None,
        states: Sequence[JobState] | None,
        before: str | None,
        limit: int,
    ) -> list[Job]:
        """Jobs that the caller may see, newest first; of `owner` alone where one is named."""
        mine = caller.subject
        if owner not in {None, mine} and not sees_all(caller):
            return []
        user_id = owner if sees_all(caller) else mine
        return await in_thread(
            lambda: queue.list_jobs(
                self.settings, user_id=user_id, states=states, before=before, limit=limit
            )
        )

    async def one(self, caller: Identity, job_id: str) -> Job:
        """Raises NotFound, for another's job too."""
        return await in_thread(lambda: self._visible(caller, job_id))

    async def of_key(self, caller: Identity, key: str) -> Job:
        """The caller's own job that came with this idempotency key. Raises NotFound."""
        found = await in_thread(lambda: queue.of_key(self.settings, key, user_id=caller.subject))
        return found or _not_found(key)

    async def whole(self, caller: Identity, job_id: str) -> Whole:
        """Raises NotFound."""
        job, attempts = await in_thread(lambda: self._followed(caller, job_id))
        progress = None
        with suppress(Overloaded):  # the rest is known without Ray
            progress = await _asking_elsewhere(lambda: queue.progress_of(self.settings, job))
        return Whole(job, attempts, progress)

    async def cancel(self, caller: Identity, job_id: str) -> Job:
        """Raises NotFound, Forbidden, and Conflict where it has ended."""
        return await in_thread(
            lambda: queue.cancel(
                self.settings, self._changeable(caller, job_id).id, now=self.clock()
            )
        )

    async def retry(self, caller: Identity, job_id: str) -> Job:
        """Raises NotFound, Forbidden, and Conflict where there is nothing to be tried again."""
        return await in_thread(
            lambda: queue.retry(
                self.settings, self._changeable(caller, job_id).id, now=self.clock()
            )
        )

    async def log(self, caller: Identity, job_id: str) -> tuple[Job, LogEnd]:
        """The job and what its current attempt has written. Raises NotFound."""
        job = await self.one(caller, job_id)
        return job, await _asking_elsewhere(lambda: queue.log(self.settings, job))

    async def artifacts(self, caller: Identity, job_id: str) -> list[Artifact]:
        """The files in the job's folder. Raises NotFound for a job that is not there."""
        job = await self.one(caller, job_id)
        return await _asking_elsewhere(lambda: folder.artifacts(self.settings, job.id))

    async def artifact(self, caller: Identity, job_id: str, name: str) -> BinaryIO:
        """One of these files. Raises NotFound."""
        job = await self.one(caller, job_id)
        top = folder.folder(self.settings, job.id)
        return await _asking_elsewhere(lambda: open_inside(top, name))

    def _submit(self, caller: Identity, request: JobRequest, check: Check) -> Job:
        # The queue asks whether a job is there, not whose it is: by waiting for it a stranger would
        # learn of it, and of its end.
        unseen = [place for place, need in enumerate(request.after) if not self._sees(caller, need)]
        if unseen:
            message = "no job of yours has this id: /v1/jobs lists them"
            raise _refused([Fault(f"after.{place}", message, "unknown_job") for place in unseen])
        if request.bundle and not bundles.is_stored(self.settings, request.bundle):
            raise _refused([Fault("bundle", "no bundle of this hash is stored; pack it again")])
        try:
            return queue.submit(
                self.settings, request, user_id=caller.subject, now=self.clock(), check=check
            )
        except Conflict as exc:
            raise IdempotencyConflict(str(exc)) from exc
        except BadInput as exc:
            raise _refused(exc.faults or [Fault("", str(exc))]) from exc

    def _sees(self, caller: Identity, job_id: str) -> bool:
        with suppress(NotFound):
            return may_see(caller, queue.get(self.settings, job_id).user_id)
        return False

    def _visible(self, caller: Identity, job_id: str) -> Job:
        """Another's job is answered as one that does not exist: its id must tell nothing."""
        try:
            job = queue.get(self.settings, job_id)
        except NotFound:
            _not_found(job_id)
        if not may_see(caller, job.user_id):
            _not_found(job_id)
        return job

    def _changeable(self, caller: Identity, job_id: str) -> Job:
        job = self._visible(caller, job_id)
        if not may_change(caller, job.user_id):
            raise Forbidden(f"job {job_id} is another user's: only admins change those")
        return job

    def _followed(self, caller: Identity, job_id: str) -> tuple[Job, list[Attempt]]:
        return self._visible(caller, job_id), queue.attempts(self.settings, job_id)


async def _asking_elsewhere(work: Callable[[], T]) -> T:
    """Ask Ray, or the jobs' folders, which may lie in a bucket.

    In another thread than reads of PostgreSQL: who is slow takes none of theirs.
    """
    try:
        return await asyncio.to_thread(work)
    except RayAway as exc:
        raise Overloaded("the cluster does not answer: try again", retry_after_s=2) from exc
    except StoreError as exc:
        raise Overloaded("the jobs' folders are away: try again", retry_after_s=2) from exc


def _not_found(job_id: str) -> NoReturn:
    raise NotFound(f"no job has the id {job_id}: /v1/jobs lists yours")


def _refused(faults: Sequence[Fault]) -> BadInput:
    """The queue names fields of its request; clients see them in the body."""
    placed = [replace(fault, loc=f"body.{fault.loc}".rstrip(".")) for fault in faults]
    return BadInput("; ".join(fault.msg for fault in placed), faults=placed)
