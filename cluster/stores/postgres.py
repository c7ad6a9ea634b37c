"""Connections to PostgreSQL, and the named SQL statements that are run on them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, Final

import psycopg
from psycopg import sql as composed
from psycopg.rows import dict_row

from cluster.errors import StoreError
from cluster.settings import Settings
from cluster.stores.settings import PostgresRole

Connection = psycopg.Connection[dict[str, Any]]
_HEADER = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)
_CONNECT_TIMEOUT_S = 5
# A server that is gone without a word is noticed within half a minute, not after a quarter of an hour.
_ALIVE: Final[dict[str, Any]] = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,  # milliseconds
}


@contextmanager
def connect(settings: Settings, role: PostgresRole) -> Iterator[Connection]:
    """A transaction as `role`: committed at the end of the block, rolled back on an error.

    Rows are dicts. Raises StoreError when the database can't be reached or refuses.
    """
    try:
        dsn = settings.postgres_dsn(role)
        with psycopg.connect(
            dsn, row_factory=dict_row, connect_timeout=_CONNECT_TIMEOUT_S, **_ALIVE
        ) as connection:
            yield connection
    except psycopg.Error as exc:
        detail = str(exc).strip().splitlines()[0]
        raise StoreError(f"PostgreSQL as {role}: {detail}") from exc


@cache
def _statements() -> dict[str, str]:
    """Every block of the `.sql` files beside the stores of the nouns, by the name in its header."""
    found: dict[str, str] = {}
    for file in _files():
        parts = _HEADER.split(file.read_text())
        for name, block in zip(parts[1::2], parts[2::2], strict=True):
            if name in found:
                raise LookupError(f"{file.name}: a second statement is called {name}")
            found[name] = block.strip()
    return found


def _files() -> list[Traversable]:
    """A noun keeps its `.sql` in its own folder; those of migrations lie deeper and are not named."""
    nouns = [entry for entry in resources.files("cluster").iterdir() if entry.is_dir()]
    found = [file for noun in nouns for file in noun.iterdir() if file.name.endswith(".sql")]
    return sorted(found, key=lambda file: file.name)


def sql(name: str) -> composed.SQL:
    """The statement of this name; parameters are `%(name)s` placeholders."""
    return composed.SQL(_statements()[name])


def listen(connection: Connection, channel: str) -> None:
    """Hear of what is told on a channel from here on; the connection must be in autocommit."""
    connection.execute(composed.SQL("LISTEN {}").format(composed.Identifier(channel)))


def wait_for_news(connection: Connection, *, timeout_s: float) -> bool:
    """Wait until something is told, and take all of it; False where the time was over first."""
    return bool(list(connection.notifies(timeout=timeout_s, stop_after=1)))
