"""What followers of a job read: its row in PostgreSQL, its log from Ray or from where it was kept."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

import aiohttp

from cluster.fleet.ray_api import RayAway
from cluster.queue import commands as queue
from cluster.queue.folder import LogEnd
from cluster.queue.rules.job import Job
from cluster.settings import Settings
from cluster.stores.connections import in_reader

# No limit in all: a log is followed for as long as its job runs.
_CONNECT: Final = aiohttp.ClientTimeout(total=None, sock_connect=2.0)


class Source:
    """What blocks runs in a thread. Raises StoreError or RayAway while either is away."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def job(self, job_id: str) -> Job:
        """The job as it stands. Raises NotFound."""
        return await in_reader(lambda: queue.get(self._settings, job_id))

    async def log(self, job: Job) -> LogEnd:
        """What the current attempt has written so far, its end where that is much."""
        return await asyncio.to_thread(queue.log, self._settings, job)

    async def tail(self, job: Job) -> AsyncIterator[str]:
        """The same from its beginning, in pieces as Ray sends them, until the attempt ends."""
        token = self._settings.ray_auth_token.get_secret_value()
        url = f"{self._settings.dashboard_url}/api/jobs/{job.submission_id}/logs/tail"
        headers = {"Authorization": f"Bearer {token}"}
        try:
            async with (
                aiohttp.ClientSession(headers=headers, timeout=_CONNECT) as session,
                session.ws_connect(url) as socket,
            ):
                async for message in socket:
                    if message.type != aiohttp.WSMsgType.TEXT:
                        break
                    yield message.data
        except (aiohttp.ClientError, OSError) as exc:
            raise RayAway(f"Ray went away while job {job.id} ran") from exc
