"""Runs of backtests in PostgreSQL: begun, then done or failed, by their own word or their job's."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from psycopg.types.json import Jsonb

from cluster.errors import Conflict
from cluster.stores.postgres import Connection, sql

BacktestState = Literal["running", "done", "failed"]


@dataclass(frozen=True)
class Backtest:
    """One run. Times are aware UTC; `metrics` and `result_path` are set once it is done.

    One that still says `running` although the attempt of its job has ended was killed: it failed.
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
) -> None:
    """Record that a run begins, in state running, in this attempt of a job."""
    row = {
        "id": run_id,
        "definition": definition,
        "request": Jsonb(request),
        "user_id": user_id,
        "submission_id": submission_id,
        "created_at": created_at,
    }
    connection.execute(sql("insert_backtest"), row)


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
    row = connection.execute(sql("get_backtest"), {"id": run_id}).fetchone()
    return None if row is None else Backtest(**row)


def list_backtests(
    connection: Connection, *, limit: int = 50, before: str | None = None
) -> list[Backtest]:
    """Runs, newest first; `before` is the last id of the page before."""
    rows = connection.execute(sql("list_backtests"), {"limit": limit, "before": before})
    return [Backtest(**row) for row in rows]
