"""What keeps schedules and notices going: the planner in a thread, the worker beside it."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from threading import Event

from cluster.clock import Clock
from cluster.schedules.planner import Planner
from cluster.schedules.worker import make_app, run_worker
from cluster.settings import Settings


async def run(settings: Settings, *, clock: Clock, stop: asyncio.Event) -> None:
    """Run until `stop` is set or the task is cancelled; what has begun is finished first.

    Any number may run at once: one plans, all work, and nothing is done twice. Raises what ended the
    planner or the worker, such as PostgreSQL going away: call it again.
    """
    halt = Event()
    planner = Planner(settings, clock=clock)
    async with make_app(settings, clock=clock).open_async() as app:
        parts: list[asyncio.Task[object]] = [
            asyncio.create_task(asyncio.to_thread(planner.run, halt), name="planner"),
            asyncio.create_task(run_worker(app), name="worker"),
            asyncio.create_task(stop.wait(), name="stop"),
        ]
        try:
            done, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
        finally:
            halt.set()
            for part in parts[1:]:
                part.cancel()
            await _finish(parts)
    for part in done:
        part.result()


async def _finish(parts: Sequence[asyncio.Task[object]]) -> None:
    """Wait for all, whatever becomes of them; being cancelled again does not cut it short."""
    ending = asyncio.gather(*parts, return_exceptions=True)
    while not ending.done():
        with suppress(asyncio.CancelledError):
            await asyncio.shield(ending)
