"""Follow a job to its end: its states as they change, its output as it is written."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from cluster.errors import PlatformError, StoreError
from cluster.queue import commands as queue
from cluster.queue.ray_jobs import RayAway
from cluster.queue.rules.job import Job
from cluster.queue.rules.states import ACTIVE
from cluster.queue.tail import tail
from cluster.settings import Settings

_EVERY_S: Final = 0.25
PATIENCE_S: Final = 60.0

Hear = Callable[[str], None]
See = Callable[[Job], None]


def follow(
    settings: Settings,
    job_id: str,
    *,
    on_log: Hear = lambda _: None,
    on_change: See = lambda _: None,
    patience_s: float = PATIENCE_S,
) -> Job:
    """Hand each line of the job's output to `on_log` as it comes; returns the ended job.

    `on_change` sees the job whenever its state, attempt or reason is another. Ray and PostgreSQL may
    be away for a while: the job outlives that. Raises NotFound, and PlatformError when either is away
    for longer than `patience_s`.
    """
    follower = _Follower(settings, job_id, on_log, on_change)
    return asyncio.run(follower.run(patience_s))


class _Follower:
    """Looks at the row again and again while, beside that, the output of its attempt is read."""

    def __init__(self, settings: Settings, job_id: str, on_log: Hear, on_change: See) -> None:
        self._settings = settings
        self._job_id = job_id
        self._on_change = on_change
        self._reader = _Reader(settings, on_log)
        self._tail: asyncio.Task[None] | None = None
        self._last: tuple[object, ...] | None = None

    async def run(self, patience_s: float) -> Job:
        well = time.monotonic()
        while True:
            try:
                job = await self._look()
                if job.ended:
                    return job
                well = time.monotonic()
            except (StoreError, RayAway) as exc:
                if time.monotonic() - well > patience_s:
                    raise PlatformError(
                        f"job {self._job_id} can't be followed: {exc}; see `trii status`"
                    ) from exc
            await asyncio.sleep(_EVERY_S)

    async def _look(self) -> Job:
        job = queue.get(self._settings, self._job_id)
        if (seen := (job.state, job.attempt, job.reason)) != self._last:
            self._last = seen
            self._on_change(job)
        if job.ended:
            await self._end_tail()
            self._reader.finish(job)
        elif self._tail is not None and self._tail.done():
            tail, self._tail = self._tail, None
            tail.result()  # RayAway where it was cut off
        elif self._tail is None and job.state in ACTIVE and job.submitted_at is not None:
            self._tail = asyncio.create_task(self._reader.read(job))
        return job

    async def _end_tail(self) -> None:
        if self._tail is not None:
            self._tail.cancel()
            await asyncio.gather(self._tail, return_exceptions=True)


class _Reader:
    """The output of a job's attempts, each line handed on once."""

    def __init__(self, settings: Settings, on_log: Hear) -> None:
        self._settings = settings
        self._on_log = on_log
        self._shown: dict[int, int] = {}  # characters handed on, by attempt
        self._rest = ""

    async def read(self, job: Job) -> None:
        """Read until the attempt ends; what was shown before is passed over. Raises RayAway."""
        passed, shown = 0, self._shown.get(job.attempt, 0)
        async for piece in tail(self._settings, job):
            self._take(piece[max(0, shown - passed) :], job.attempt)
            passed += len(piece)

    def finish(self, job: Job) -> None:
        """What is still to be shown of an ended job."""
        text = queue.log(self._settings, job)
        self._take(text[self._shown.get(job.attempt, 0) :], job.attempt)
        if self._rest:
            self._on_log(self._rest)
            self._rest = ""

    def _take(self, text: str, attempt: int) -> None:
        self._shown[attempt] = self._shown.get(attempt, 0) + len(text)
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            self._on_log(line)
