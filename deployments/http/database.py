"""Reads of PostgreSQL for a route: each in a thread and a transaction of its own."""

from collections.abc import Callable
from typing import TypeVar

from cluster.errors import Overloaded, StoreError
from cluster.settings import Settings
from cluster.stores.connections import in_reader
from cluster.stores.postgres import Connection, connect

T = TypeVar("T")


class Database:
    """What readers of results share."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def read(self, read: Callable[[Connection], T]) -> T:
        """What `read` finds. Raises Overloaded while PostgreSQL is away."""

        def work() -> T:
            with connect(self._settings, "serve") as connection:
                return read(connection)

        return await in_thread(work)


async def in_thread(work: Callable[[], T]) -> T:
    """What `work` comes to, which asks PostgreSQL. Raises Overloaded while that is away."""
    try:
        return await in_reader(work)
    except StoreError as exc:
        raise Overloaded(
            "the database is away, or what it leads to: try again", retry_after_s=2
        ) from exc
