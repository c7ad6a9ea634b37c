"""Runs of backtests in PostgreSQL: begun, then done or failed, by their own word or their job's."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from psycopg.types.json import Jsonb

from cluster.errors import Conflict
from cluster.settings import Settings
from cluster.stores.postgres import Connection, connect, sql

BacktestState = Literal["running", "done", "failed"]


@dataclass(frozen=True)
class Backtest:
    """One run. Times are aware UTC; `metrics` and `result_path` are set once it is done.

    One that still says `running` although the attempt of its job has ended, or nobody holds it any
    more, was killed: it failed.
    """

    id: str
    state: BacktestState
    definition: str
    request: dict[str, Any]
    metrics: dict[str, Any] | None
    result_path: str | None
    error: str | None
    user_id: str | None
    created_at: datetime
    finished_at: datetime | None


def insert_backtest(
    connection: Connection,
    run_id: str,
    *,
    definition: str,
    request: Mapping[str, Any],
    created_at: datetime,
    user_id: str | None = None,
    submission_id: str | None = None,
    held: bool = False,
) -> None:
    """Record that a run begins, in state running: in this attempt of a job, or `held` by its process."""
    row = {
        "id": run_id,
        "definition": definition,
        "request": Jsonb(request),
        "user_id": user_id,
        "submission_id": submission_id,
        "held": held,
        "created_at": created_at,
    }
    connection.execute(sql("insert_backtest"), row)


@contextmanager
def holding(settings: Settings, run_id: str) -> Iterator[None]:
    """Hold a run for as long as this process works at it, in a session of PostgreSQL of its own.

    The session ends with the process, however that ends: from then on the run is told to be lost.
    """
    with connect(settings, "jobs") as connection:
        connection.autocommit = True
        connection.execute(sql("hold_backtest"), {"id": run_id})
        yield


def finish_backtest(
    connection: Connection,
    run_id: str,
    *,
    metrics: Mapping[str, Any],
    result_path: str,
    finished_at: datetime,
) -> None:
    """Record the result. Raises `Conflict` unless the run is in state running."""
    row = {
        "id": run_id,
        "metrics": Jsonb(metrics),
        "result_path": result_path,
        "finished_at": finished_at,
    }
    if connection.execute(sql("finish_backtest"), row).rowcount != 1:
        raise Conflict(f"backtest {run_id} is not running: its result was not recorded")


def fail_backtest(
    connection: Connection, run_id: str, *, error: str, finished_at: datetime
) -> bool:
    """Record that a running run failed; False if it was not running."""
    row = {"id": run_id, "error": error, "finished_at": finished_at}
    return connection.execute(sql("fail_backtest"), row).rowcount == 1


def get_backtest(connection: Connection, run_id: str) -> Backtest | None:
    found = _told(connection, "get_backtest", {"id": run_id})
    return found[0] if found else None


def list_backtests(
    connection: Connection, *, limit: int = 50, before: str | None = None
) -> list[Backtest]:
    """Runs, newest first; `before` is the last id of the page before."""
    return _told(connection, "list_backtests", {"limit": limit, "before": before})


def _told(connection: Connection, statement: str, asked: Mapping[str, Any]) -> list[Backtest]:
    rows = connection.execute(sql(statement), asked).fetchall()
    if any(row["lost"] for row in rows):
        # A run that ended between the look at its row and the one at its lock is not lost.
        rows = connection.execute(sql(statement), asked).fetchall()
    return [Backtest(**{name: row[name] for name in row if name != "lost"}) for row in rows]
