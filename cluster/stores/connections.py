"""How many connections to PostgreSQL each part of the platform opens at most.

What limits a part is made of its number here (threads, pools), so that the sum over all parts is what
a server must take: `deployments.planning.connections` adds it up.
"""

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import Final, TypeVar

T = TypeVar("T")
READS_AT_ONCE: Final = 6
"""Of a replica that answers over HTTP: each read has a thread and a connection."""
LISTENS: Final = 1
"""Of whoever waits for news: the connection that hears them."""
TASKS_AT_ONCE: Final = 4
"""Tasks that were entered for later; the worker has as many connections beside theirs."""
LEADS: Final = 2
"""Of the leaders of the control loops, for their leases; each loop has one more."""
DRIVER: Final = 1
"""Of a job: one transaction at a time, whatever its tasks do."""
MLFLOW_KEPT: Final = 5
MLFLOW_MORE: Final = 5
MLFLOW_STORES: Final = 2
"""MLflow's server has runs and versions in a pool each, which keeps some and opens a few more."""
RESERVED: Final = 10
"""Three are PostgreSQL's own for its superuser; the others are for migrations and people's commands."""


@cache
def readers() -> ThreadPoolExecutor:
    """The threads of this process in which PostgreSQL is asked for what a request wants."""
    return ThreadPoolExecutor(READS_AT_ONCE, thread_name_prefix="postgres")


async def in_reader(work: Callable[[], T]) -> T:
    """What `work` comes to, which opens one connection at a time; waits where all threads are taken."""
    # As `asyncio.to_thread` does: logs in the thread name the request that they belong to.
    context = contextvars.copy_context()
    return await asyncio.get_running_loop().run_in_executor(readers(), partial(context.run, work))
