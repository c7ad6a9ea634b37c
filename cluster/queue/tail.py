"""The output of a running attempt as Ray sends it: from its beginning, until the attempt ends."""

from collections.abc import AsyncIterator
from typing import Final

import aiohttp

from cluster.queue.ray_jobs import RayAway
from cluster.queue.rules.job import Job
from cluster.settings import Settings

_CONNECT: Final = aiohttp.ClientTimeout(total=None, sock_connect=2.0)


async def tail(settings: Settings, job: Job) -> AsyncIterator[str]:
    """All that the attempt has written, in pieces as they are written.

    Raises RayAway when Ray goes away meanwhile.
    """
    token = settings.ray_auth_token.get_secret_value()
    url = f"{settings.dashboard_url}/api/jobs/{job.submission_id}/logs/tail"
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
