"""The log of a job as it is written, over a WebSocket: what `ray job submit` and `logs -f` show."""

import asyncio
from typing import Final

from fastapi import WebSocket, WebSocketDisconnect

from cluster.errors import Overloaded, TriiError
from cluster.queue.following import Follower
from cluster.queue.rules.job import Job
from cluster.queue.source import Source
from cluster.settings import Settings

AT_ONCE: Final = (
    16  # of a replica: each holds one of its slots, and reads the job's row again and again
)
_PATIENCE_S: Final = 60.0
_MOST_LINES: Final = 100_000  # that wait for a client who reads slower than the job writes
_NORMAL, _TOO_SLOW, _FAILED = 1000, 1013, 1011


class Tails:
    """The followers of this replica."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._open = 0

    async def send(self, socket: WebSocket, job: Job) -> None:
        """All that the job writes until it ends; the connection is closed then.

        Raises Overloaded, before it is accepted, where as many as may be are open.
        """
        if self._open >= AT_ONCE:
            raise Overloaded("as many logs are followed as this server can: try again")
        self._open += 1
        try:
            await socket.accept()
            await _Tail(self._settings, socket, job).run()
        except WebSocketDisconnect:
            pass  # the client has seen enough
        finally:
            self._open -= 1


class _Tail:
    def __init__(self, settings: Settings, socket: WebSocket, job: Job) -> None:
        self._socket = socket
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._follower = Follower(Source(settings), job.id, self._put, self._say)
        self._waits = ""

    async def run(self) -> None:
        following = asyncio.create_task(self._follow())
        leaving = asyncio.create_task(self._gone())
        try:
            await self._write(leaving)
            await self._socket.close(await following)
        finally:
            for task in (following, leaving):
                task.cancel()
            await asyncio.gather(following, leaving, return_exceptions=True)

    async def _follow(self) -> int:
        """How the connection is to be closed."""
        try:
            await self._follower.run(_PATIENCE_S)
        except TriiError as exc:
            self._put(f"trii: {exc}")
            return _FAILED
        finally:
            self._lines.put_nowait(None)
        return _NORMAL

    async def _write(self, leaving: asyncio.Task[None]) -> None:
        while (line := await self._lines.get()) is not None:
            if leaving.done() or self._lines.qsize() > _MOST_LINES:
                raise WebSocketDisconnect(_TOO_SLOW)
            await self._socket.send_text(f"{line}\n")

    async def _gone(self) -> None:
        """Ends when the client does: it has nothing to say before."""
        while (await self._socket.receive())["type"] != "websocket.disconnect":
            pass
        self._lines.put_nowait(None)

    def _put(self, line: str) -> None:
        self._lines.put_nowait(line)

    def _say(self, job: Job) -> None:
        """Ray shows nothing of a job that waits: here the reason is told, once each."""
        if (why := job.waits_for) and why != self._waits:
            self._waits = why
            self._put(f"trii: {job.id} waits: {why}")
