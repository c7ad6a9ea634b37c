"""The feeds of this replica: one a job, for as long as somebody follows it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from cluster import waiting
from cluster.queue.rules.job import Job
from deployments.stream.feed import Feed


class Feeds:
    """`make` makes the feed of a job."""

    def __init__(self, make: Callable[[Job], Feed]) -> None:
        self._make = make
        self._open: dict[str, Feed] = {}
        # By feed and not by job: one that has come to its end has followers still while a new one
        # runs.
        self._followers: dict[Feed, int] = {}
        self._tasks: dict[Feed, asyncio.Task[None]] = {}

    @asynccontextmanager
    async def following(self, job: Job) -> AsyncIterator[Feed]:
        """The job's feed, running; it ends with its last follower.

        One that has come to its end is not joined again: the job may have been queued anew.
        """
        feed = self._open.get(job.id)
        if feed is None or feed.final:
            feed = self._open[job.id] = self._make(job)
            self._tasks[feed] = asyncio.create_task(feed.run())
        self._followers[feed] = self._followers.get(feed, 0) + 1
        try:
            yield feed
        finally:
            self._followers[feed] -= 1
            if not self._followers[feed]:
                await self._close(feed)

    def look(self, job_id: str | None = None) -> None:
        """Tell the job's feed that it may have changed; all of them without an id."""
        found = list(self._open.values()) if job_id is None else [self._open.get(job_id)]
        for feed in found:
            if feed is not None:
                feed.look()

    def wake(self) -> None:
        """Wake every follower."""
        for feed in self._followers:
            feed.wake()

    async def _close(self, feed: Feed) -> None:
        # Out of the tables before anything is awaited: whoever comes meanwhile gets a feed that
        # runs.
        del self._followers[feed]
        # A newer one of the same job may stand there by now.
        if self._open.get(feed.job.id) is feed:
            del self._open[feed.job.id]
        await waiting.end(self._tasks.pop(feed))
