"""Where a feed reads from: the job's row in PostgreSQL, its log from Ray or from where it was kept."""

import asyncio
from collections.abc import AsyncIterator

from cluster.queue import commands as queue
from cluster.queue.rules.job import Job
from cluster.queue.tail import tail
from cluster.settings import Settings


class Source:
    """What blocks runs in a thread. Raises StoreError or RayAway while either is away."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def job(self, job_id: str) -> Job:
        """The job as it stands. Raises NotFound."""
        return await asyncio.to_thread(queue.get, self._settings, job_id)

    async def log(self, job: Job) -> str:
        """All that the current attempt has written so far."""
        return await asyncio.to_thread(queue.log, self._settings, job)

    def tail(self, job: Job) -> AsyncIterator[str]:
        """The same from its beginning, in pieces as they are written, until the attempt ends."""
        return tail(self._settings, job)
