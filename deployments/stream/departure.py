"""Whether this replica is about to go away: Serve says so in its own health check, and there alone."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

_EVERY_S: Final = 1.0


class Departure:
    """`is_near` while Serve takes no requests here; `tell` is called when that begins."""

    def __init__(self, *, tell: Callable[[], None], every_s: float = _EVERY_S) -> None:
        self.is_near = False
        self._tell = tell
        self._every_s = every_s
        self._ask: Callable[[], Awaitable[bool]] | None = None

    def ask_by(self, is_leaving: Callable[[], Awaitable[bool]] | None) -> None:
        """How to ask: each request brings the way with it."""
        # A request that passed no edge brings none, and must not undo what another brought.
        self._ask = is_leaving or self._ask

    async def run(self) -> None:
        """Ask again and again."""
        while True:
            near = self._ask is not None and await self._ask()
            began, self.is_near = near and not self.is_near, near
            if began:
                self._tell()
            await asyncio.sleep(self._every_s)
