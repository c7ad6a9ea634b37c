"""Waiting for what another process or task does: until a condition holds, until a task has ended."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

_CANCEL_AGAIN_S: Final = 0.5


def wait_until(
    condition: Callable[[], bool],
    *,
    timeout_s: float,
    alive: Callable[[], bool] = lambda: True,
    every_s: float = 0.1,
) -> bool:
    """Poll until the condition holds; False when the time is over or `alive` ceased to hold."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        if condition():
            return True
        if not alive():
            return False
        time.sleep(every_s)
    # Once more: it may have come to hold during the last sleep.
    return condition()


async def end(task: asyncio.Task[None]) -> None:
    """Cancel a task until it has ended, however it ends.

    Once is not enough: `asyncio.wait_for` of Python 3.11, which redis-py calls, loses a
    cancellation that arrives together with a result.
    """
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=_CANCEL_AGAIN_S)
    if not task.cancelled():
        task.exception()  # asyncio complains of one that nobody has seen
