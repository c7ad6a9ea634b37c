"""News of jobs, heard once a replica: PostgreSQL tells of every change of a job's state."""

from collections.abc import Callable
from typing import Final

from psycopg import AsyncConnection

from cluster.settings import Settings

CHANNEL: Final = "trii_jobs"
_CONNECT_S: Final = 5
_SILENCE_S: Final = 10.0


class Listener:
    """Calls `tell` with the id of each job that has changed, and with None where any may have."""

    def __init__(self, settings: Settings, *, tell: Callable[[str | None], None]) -> None:
        self._settings = settings
        self._tell = tell

    async def run(self) -> None:
        """Listen until the connection breaks; it is meant to be called again."""
        dsn = self._settings.postgres_dsn("serve")
        # In a transaction, which the first statement would open otherwise, no news arrive.
        connection = await AsyncConnection.connect(dsn, autocommit=True, connect_timeout=_CONNECT_S)
        async with connection:
            await connection.execute("LISTEN trii_jobs")
            self._tell(None)  # what changed before is not told again
            while True:
                async for news in connection.notifies(timeout=_SILENCE_S):
                    self._tell(news.payload)
                await connection.execute("SELECT 1")  # is anybody still there?
