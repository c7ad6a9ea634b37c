"""Follow a job to its end: its states as they change, its output as it is written."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from cluster.errors import PlatformError, StoreError
from cluster.fleet.ray_api import RayAway
from cluster.queue.reader import LogReader
from cluster.queue.rules.job import Job
from cluster.queue.source import Source
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
    return asyncio.run(Follower(Source(settings), job_id, on_log, on_change).run(patience_s))


class Follower:
    """Looks at the row again and again while, beside that, the output of its attempt is read."""

    def __init__(self, source: Source, job_id: str, on_log: Hear, on_change: See) -> None:
        self._source = source
        self._job_id = job_id
        self._on_log = on_log
        self._on_change = on_change
        self._log = LogReader(source, self._show, longest=None)
        self._last: tuple[object, ...] | None = None

    async def run(self, patience_s: float) -> Job:
        """The job once it has ended. Raises as `follow`."""
        try:
            return await self._watch(patience_s)
        finally:
            await self._log.stop()

    async def _watch(self, patience_s: float) -> Job:
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
        job = await self._source.job(self._job_id)
        if (seen := (job.state, job.attempt, job.reason)) != self._last:
            self._last = seen
            self._on_change(job)
        if job.attempt != self._log.attempt:
            if self._log.is_reading and not job.ended:
                return job  # what the attempt before has written is shown to its end
            self._log.tell_rest()
            await self._log.turn_to(job.attempt)
        if job.ended:
            await self._log.finish(job)
        else:
            self._log.keep_up(job)
        return job

    def _show(self, lines: list[str]) -> None:
        for line in lines:
            self._on_log(line)
