"""Waiting for a condition, bounded: the one way in which asynchronous tests wait.

Others wait with `cluster.waiting.wait_until`, as the platform does.
"""

import asyncio
import inspect


async def until(check, *, timeout_s=30.0, every_s=0.02, in_thread=False):
    """What `check()` gives as soon as it gives something. Raises TimeoutError.

    The check may be asynchronous, or block (`in_thread`). The pause lets background tasks run:
    asking an application over ASGI never leaves the event loop.
    """
    async with asyncio.timeout(timeout_s):
        while True:
            found = await asyncio.to_thread(check) if in_thread else check()
            found = await found if inspect.isawaitable(found) else found
            if found:
                return found
            await asyncio.sleep(every_s)
