"""Work that runs beside requests for as long as a replica lives."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from cluster import waiting
from cluster.logs import get_logger

Work = Callable[[], Awaitable[None]]

_FIRST_WAIT_S, _LAST_WAIT_S = 0.1, 5.0


@asynccontextmanager
async def running(*works: Work) -> AsyncIterator[None]:
    """Run each of `works` for the length of the context; cancel them at its end."""
    tasks = [asyncio.create_task(forever(work)) for work in works]
    try:
        yield
    finally:
        for task in tasks:
            await waiting.end(task)


async def forever(work: Work, *, first_wait_s: float = _FIRST_WAIT_S) -> None:
    """Call `work` again and again, whatever ends it; wait longer after each failure in a row.

    A call that lasted longer than the longest wait counts as a success.
    """
    loop = asyncio.get_running_loop()
    wait_s = first_wait_s
    while True:
        began = loop.time()
        try:
            await work()
        except Exception as exc:  # noqa: BLE001 -- a supervisor outlives whatever it runs
            get_logger().warning("background work failed", work=_name(work), error=_say(exc))
        if loop.time() - began > _LAST_WAIT_S:
            wait_s = first_wait_s
        await asyncio.sleep(wait_s)
        wait_s = min(wait_s * 2, _LAST_WAIT_S)


def _name(work: Work) -> str:
    return getattr(work, "__qualname__", type(work).__name__)


def _say(exc: Exception) -> str:
    return f"{type(exc).__name__}: {exc}"
