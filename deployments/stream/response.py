"""The response of an event stream: one that nobody reads is given up instead of buffered for ever."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

from starlette.responses import StreamingResponse
from starlette.types import Send

from cluster.logs import get_logger

MEDIA_TYPE: Final = "text/event-stream"
PATIENCE_S: Final = 30.0
# The second is a word to nginx and its like, which would hold events back until a buffer is full.
_HEADERS: Final = {"cache-control": "no-store", "x-accel-buffering": "no"}


class EventStream(StreamingResponse):
    """Sends `frames`. A client that takes nothing for `patience_s` is cut off."""

    media_type = MEDIA_TYPE

    def __init__(
        self, frames: AsyncGenerator[bytes, None], *, patience_s: float = PATIENCE_S
    ) -> None:
        super().__init__(frames, headers=_HEADERS)
        self._frames = frames
        self._patience_s = patience_s

    async def stream_response(self, send: Send) -> None:
        """Called by Starlette, beside which it watches for a client that has left."""
        start = {"type": "http.response.start", "status": self.status_code}
        await send({**start, "headers": self.raw_headers})
        # Closed here and not when it is collected: a feed ends with its last follower.
        async with aclosing(self._frames) as frames:
            async for frame in frames:
                try:
                    async with asyncio.timeout(self._patience_s):
                        await send({"type": "http.response.body", "body": frame, "more_body": True})
                except TimeoutError:
                    get_logger().warning("stream cut off", why="the client takes nothing")
                    return  # unfinished, so that the server closes the connection
        await send({"type": "http.response.body", "body": b"", "more_body": False})
