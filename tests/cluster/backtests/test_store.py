"""Rows of runs: begun, then done or failed, and never both."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from cluster.backtests.store import (
    fail_backtest,
    finish_backtest,
    get_backtest,
    insert_backtest,
    list_backtests,
)
from cluster.errors import Conflict, StoreError
from cluster.queue import commands as queue
from cluster.queue import store as jobs
from cluster.requests.job import JobRequest
from cluster.stores.postgres import connect

NOW = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
LATER = NOW + timedelta(seconds=9)


@pytest.fixture
def begin(database):
    """Begins runs of a family of ids of their own."""
    family = f"zz-{uuid4().hex[:8]}"

    def insert(number=0, **changes):
        run_id = f"{family}-{number}"
        fields = {"definition": "0" * 64, "request": {"strategy": "x"}, "created_at": NOW}
        with connect(database, "jobs") as connection:
            insert_backtest(connection, run_id, **{**fields, **changes})
        return run_id

    yield insert
    with connect(database, "owner") as connection:
        connection.execute("DELETE FROM backtests WHERE id LIKE %s", [f"{family}-%"])
        connection.execute("TRUNCATE jobs, job_attempts")


def fetch(database, run_id, role="serve"):
    with connect(database, role) as connection:
        return get_backtest(connection, run_id)


def test_a_run_is_running_until_its_result_is_recorded(database, begin):
    run_id = begin()
    assert fetch(database, run_id).state == "running"
    with connect(database, "jobs") as connection:
        finish_backtest(
            connection, run_id, metrics={"sharpe": None}, result_path="/r", finished_at=LATER
        )
    row = fetch(database, run_id)
    assert (row.state, row.metrics, row.result_path) == ("done", {"sharpe": None}, "/r")
    assert (row.created_at, row.finished_at) == (NOW, LATER)


def test_a_failed_run_keeps_its_reason_and_cannot_finish(database, begin):
    run_id = begin()
    with connect(database, "jobs") as connection:
        assert fail_backtest(connection, run_id, error="no bars", finished_at=LATER)
    assert (fetch(database, run_id).state, fetch(database, run_id).error) == ("failed", "no bars")
    with pytest.raises(Conflict, match="is not running"), connect(database, "jobs") as connection:
        finish_backtest(connection, run_id, metrics={}, result_path="/r", finished_at=LATER)


def test_a_done_run_cannot_fail(database, begin):
    run_id = begin()
    with connect(database, "jobs") as connection:
        finish_backtest(connection, run_id, metrics={}, result_path="/r", finished_at=LATER)
        assert not fail_backtest(connection, run_id, error="late", finished_at=LATER)
    assert fetch(database, run_id).state == "done"


def test_a_run_whose_driver_was_killed_has_failed_with_what_ended_its_job(database, begin):
    request = JobRequest(module="jobs.backtest")
    job_id = queue.submit(database, request, user_id="ada", now=NOW).id
    with connect(database, "serve") as connection:
        job = jobs.get_job(connection, job_id)
        assert jobs.begin_attempt(connection, job, session="s", fence=1, now=NOW)
        job = jobs.get_job(connection, job_id)
    run_id = begin(submission_id=job.submission_id)
    assert fetch(database, run_id).state == "running"
    with connect(database, "serve") as connection:
        jobs.note_attempt(connection, job, session="s", ended_at=LATER, outcome="driver killed")
    row = fetch(database, run_id, role="jobs")
    assert (row.state, row.error, row.finished_at) == ("failed", "driver killed", LATER)


def test_an_id_is_used_once(begin):
    begin()
    with pytest.raises(StoreError, match="duplicate key"):
        begin()


def test_lists_are_newest_first_and_continue_where_a_page_ended(database, begin):
    """A run of a job is called as its attempt, which says nothing of when it began."""
    future = datetime(2100, 1, 1, tzinfo=UTC)
    times = [future, future - timedelta(days=1), future]
    ids = [begin(number, created_at=at) for number, at in enumerate(times)]
    with connect(database, "serve") as connection:
        page = list_backtests(connection, limit=2)
        rest = list_backtests(connection, limit=1, before=page[-1].id)
    assert [row.id for row in page + rest] == [ids[2], ids[0], ids[1]]


def test_an_unknown_id_is_none(database):
    assert fetch(database, "bt-none") is None


def test_the_api_may_read_runs_and_nothing_more(database, begin):
    run_id = begin()
    with (
        pytest.raises(StoreError, match="permission denied"),
        connect(database, "serve") as connection,
    ):
        fail_backtest(connection, run_id, error="x", finished_at=LATER)


def test_a_row_that_contradicts_itself_is_refused_by_the_database(database, begin):
    run_id = begin()
    with (
        pytest.raises(StoreError, match="check constraint"),
        connect(database, "jobs") as connection,
    ):
        connection.execute("UPDATE backtests SET state = 'done' WHERE id = %s", [run_id])
