"""One job as numbered events, read once for all who follow it on this replica."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from cluster.clock import Clock
from cluster.errors import StoreError
from cluster.fleet.ray_api import RayAway
from cluster.logs import get_logger
from cluster.queue.progress import JobProgress, parse
from cluster.queue.reader import LogReader
from cluster.queue.rules.job import Job
from cluster.queue.source import Source
from deployments.jobs.out import shown_progress
from deployments.stream.ring import Ring
from deployments.stream.wire import Entry, Kind, Position, entry

RING_BYTES: Final = 4_000_000
_LOOK_S: Final = 5.0  # news may be lost while PostgreSQL is away, and a tail is cut when Ray is


class Feed:
    """Events in `ring`; `ready` once what the job had written before is in it, `final` at the end.

    `run` it beside its followers; `look` says that the job may have changed.
    """

    def __init__(
        self, job: Job, *, source: Source, clock: Clock, ring_bytes: int = RING_BYTES
    ) -> None:
        self.job = job
        self.ring = Ring(ring_bytes)
        self.ready = False
        self.final = False
        self._source = source
        self._clock = clock
        self._progress: JobProgress | None = None
        self._position = Position(job.attempt, 0)
        self._log = LogReader(source, self._tell, attempt=job.attempt)
        self._news = asyncio.Event()
        self._changed = asyncio.Event()

    def look(self) -> None:
        """Have the job looked at again, now."""
        self._news.set()

    def wake(self) -> None:
        """Wake every follower."""
        # Another event before this one is set: who wakes up and waits again waits for the next
        # news.
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def wait(self, number: int, *, timeout_s: float) -> bool:
        """Wait for event `number` or a `wake`; False where the time was over first."""
        if self.ring.end > number:
            return True
        # No other task runs between the look at the ring and the wait: no news falls in between.
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._changed.wait()
                return True
        return False

    def now(self) -> list[Entry]:
        """The job as it stands: its state, and its progress where it tells one."""
        # Without their places: a client that is cut off here has not had the log up to them.
        state = entry("state", None, **self._state())
        told = self._progress
        return [state] if told is None else [state, entry("progress", None, **self._told(told))]

    async def run(self) -> None:
        """Follow the job to its end."""
        try:
            await self._catch_up()
            self.ready = True
            self.wake()
            while not await self._look():
                await self._rest()
        except Exception:  # noqa: BLE001 - whatever fails, its followers must hear of it
            get_logger().exception("feed failed", job=self.job.id)
            self._finish("closed", {"reason": "this stream failed on our side: come back"})
        finally:
            await self._log.stop()

    async def _rest(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_S):
                await self._news.wait()
        # Before the look that follows: news that come during it make for another one.
        self._news.clear()

    async def _catch_up(self) -> None:
        """What was written before anybody followed comes at once, so that nobody falls behind it."""
        # What is missing the tail takes in: it goes on behind what was taken.
        with suppress(RayAway):
            await self._log.catch_up(self.job)

    async def _look(self) -> bool:
        """Take in what has changed; whether the job has ended."""
        # What was known last stands until the next look.
        with suppress(StoreError):
            await self._see(await self._source.job(self.job.id))
        if self.job.ended:
            await self._end()
        else:
            with suppress(RayAway):  # it is read anew already
                self._log.keep_up(self.job)
        return self.job.ended

    async def _see(self, job: Job) -> None:
        before, self.job = self.job, job
        if job.attempt != before.attempt:
            await self._log.turn_to(job.attempt)
            self._position = Position(job.attempt, 0)
            # Progress of the attempt before would tell of work that begins anew.
            self._progress = None
        if (job.state, job.attempt, job.reason) != (before.state, before.attempt, before.reason):
            self._add("state", self._state())

    async def _end(self) -> None:
        # The last lines first: nobody reads on behind `end`.
        await self._log.finish(self.job)
        self._position = self._position._replace(ended=True)
        self._finish("end", self._state())

    def _tell(self, lines: list[str]) -> None:
        before = self._progress
        for line in lines:
            self._progress = parse(line) or self._progress
            self._add_line(line)
        # Once for all of these lines: an older one says nothing that the newest doesn't.
        if self._progress is not None and self._progress is not before:
            self._add("progress", self._told(self._progress))
        self.wake()

    def _add_line(self, text: str) -> None:
        place = self._position = self._position._replace(line=self._position.line + 1)
        fields = {"attempt": place.attempt, "line": place.line, "text": text}
        self.ring.append(entry("log", place, **fields))

    def _add(self, kind: Kind, fields: Mapping[str, Any]) -> None:
        self.ring.append(entry(kind, self._position, **fields))
        self.wake()

    def _finish(self, kind: Kind, fields: Mapping[str, Any]) -> None:
        # `ready` too: where it fails before it was, its followers would wait for that for ever.
        self.final = self.ready = True
        self._add(kind, fields)

    def _state(self) -> dict[str, Any]:
        job = self.job
        return {
            "id": job.id,
            "state": job.state,
            "reason": job.reason,
            "attempt": job.attempt,
            "max_attempts": job.max_attempts,
            "timestamp": self._clock(),
        }

    def _told(self, progress: JobProgress) -> dict[str, Any]:
        told = shown_progress(self.job, progress, now=self._clock())
        return {"attempt": self._position.attempt, **told}
