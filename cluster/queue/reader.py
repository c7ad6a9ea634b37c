"""The log of a job as lines, each told once however often, and from wherever, it is read."""

import asyncio
from collections.abc import Callable
from typing import Final

from cluster import waiting
from cluster.queue.rules.job import Job
from cluster.queue.rules.states import ACTIVE
from cluster.queue.source import Source

LONGEST: Final = 8192  # characters of a line
_PIECE: Final = 256_000  # characters between two breaths of the event loop


class Lines:
    """Takes pieces of a text, gives its whole lines: the same however it is cut.

    One that is longer than `longest` is given in parts. `taken` counts the characters so far.
    """

    def __init__(self, *, longest: int | None = LONGEST) -> None:
        self.taken = 0
        self._longest = longest
        self._rest = ""

    def take(self, text: str) -> list[str]:
        """The lines that are whole with this piece."""
        self.taken += len(text)
        *whole, rest = (self._rest + text).split("\n")
        # Full parts of a line without an end go out at once: it may never end.
        *parts, self._rest = self._parts(rest)
        return [part for line in whole for part in self._parts(line)] + parts

    def finish(self) -> list[str]:
        """What stands behind the last line end."""
        rest, self._rest = self._rest, ""
        return [rest] if rest else []

    def _parts(self, line: str) -> list[str]:
        """A line that fills its last part exactly ends there: no empty part follows."""
        if self._longest is None:
            return [line]
        starts = range(0, max(len(line), 1), self._longest)
        return [line[start : start + self._longest] for start in starts]


class LogReader:
    """Reads the log of one attempt at a time and hands its lines to `tell`, some or none a call.

    Ray sends a log from its beginning whenever it is followed: what was taken before is passed over.
    """

    def __init__(
        self,
        source: Source,
        tell: Callable[[list[str]], None],
        *,
        attempt: int = 0,
        longest: int | None = LONGEST,
    ) -> None:
        self.attempt = attempt
        self._source = source
        self._tell = tell
        self._longest = longest
        self._lines = Lines(longest=longest)
        self._tail: asyncio.Task[None] | None = None
        self._bytes = 0  # as many as `taken` characters are in UTF-8

    @property
    def is_reading(self) -> bool:
        """Whether the attempt is being read as it writes."""
        return self._tail is not None and not self._tail.done()

    def keep_up(self, job: Job) -> None:
        """See to it that the log is read for as long as its attempt writes it; call it again and again.

        Raises RayAway where reading was cut off since the last call.
        """
        if self.is_reading:
            return
        over, self._tail = self._tail, None
        if job.state in ACTIVE and job.submitted_at is not None:
            self._tail = asyncio.create_task(self._follow(job))
        if over is not None:
            # Last, since it may raise: the next reading is under way already.
            over.result()

    async def catch_up(self, job: Job) -> None:
        """Take in all that has been written so far. Raises RayAway."""
        text = await self._left(job)
        for start in range(0, len(text), _PIECE):
            self._take(text[start : start + _PIECE])
            await asyncio.sleep(0)

    async def _left(self, job: Job) -> str:
        """What is not taken yet. Of a log of which the end alone is given, at most that end."""
        log = await self._source.log(job)
        if not log.before:
            return log.text[self._lines.taken :]
        return log.text.encode()[max(0, self._bytes - log.before) :].decode(errors="ignore")

    async def finish(self, job: Job) -> None:
        """Take in what is left of an attempt that has ended. Raises RayAway."""
        await self.stop()
        await self.catch_up(job)
        self.tell_rest()

    async def turn_to(self, attempt: int) -> None:
        """Another attempt begins a log of its own."""
        await self.stop()
        self.attempt, self._lines, self._bytes = attempt, Lines(longest=self._longest), 0

    def tell_rest(self) -> None:
        """Tell what stands behind the last line end: nothing follows it."""
        self._tell(self._lines.finish())

    async def stop(self) -> None:
        """Read no more."""
        if self._tail is not None:
            await waiting.end(self._tail)
        self._tail = None

    async def _follow(self, job: Job) -> None:
        # `shown` stays as it is here: `taken` grows with every piece.
        passed, shown = 0, self._lines.taken
        async for text in self._source.tail(job):
            new = text[max(0, shown - passed) :]
            passed += len(text)
            self._take(new)

    def _take(self, text: str) -> None:
        """All of it or nothing, however the task that calls this is ended."""
        self._bytes += len(text.encode(errors="replace"))
        self._tell(self._lines.take(text))
