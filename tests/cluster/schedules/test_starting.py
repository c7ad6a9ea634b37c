"""From an occurrence to a job, once, whoever dies in between."""

import pytest

import cluster.schedules.starting
from cluster.queue import commands as queue
from cluster.schedules import commands
from cluster.schedules.starting import start
from cluster.stores.postgres import connect
from cluster.stores.tasks import DELIVER, START, defer

NAME = "ingest-synthetic"


@pytest.fixture
def due(take_turn, clock, rows):
    """An occurrence that waits to be started."""
    take_turn()
    clock.later(hours=13)
    take_turn()
    (row,) = rows(f"SELECT due_at FROM schedule_runs WHERE schedule = '{NAME}'")
    return row["due_at"]


def test_it_becomes_a_job_in_the_queue_like_any_other(clean, clock, due, rows):
    start(clean, NAME, due, clock=clock)
    (job,) = queue.list_jobs(clean)
    assert (job.module, job.arguments, job.user_id, job.pool, job.state) == (
        "jobs.ingest", ["--dataset", "synthetic"], "schedules", "batch", "queued",
    )  # fmt: skip
    (run,) = rows(f"SELECT state, job_id FROM schedule_runs WHERE schedule = '{NAME}'")
    assert run == {"state": "submitted", "job_id": job.id}


def test_a_worker_that_dies_behind_the_submission_submits_no_second_job(
    clean, clock, due, monkeypatch
):
    with monkeypatch.context() as patch:
        patch.setattr(cluster.schedules.starting.store, "end_run", _die)
        with pytest.raises(SystemExit):
            start(clean, NAME, due, clock=clock)
    start(clean, NAME, due, clock=clock)
    start(clean, NAME, due, clock=clock)
    assert len(queue.list_jobs(clean)) == 1


def test_a_refusal_is_written_down_and_told(clean, clock, due, rows):
    with connect(clean, "owner") as connection:
        connection.execute("INSERT INTO quotas (user_id, running) VALUES ('schedules', 0)")
    start(clean, NAME, due, clock=clock)
    (run,) = rows(f"SELECT state, note FROM schedule_runs WHERE schedule = '{NAME}'")
    assert run["state"] == "failed"
    assert "schedules may run no jobs" in run["note"]
    (notice,) = rows("SELECT payload FROM notices WHERE payload ? 'reason'")
    assert notice["payload"]["reason"] == run["note"]


def test_a_schedule_that_was_taken_out_meanwhile_is_a_refusal(clean, clock, due, rows):
    without = clean.model_copy(update={"ingest_calendars": {}})
    start(without, NAME, due, clock=clock)
    (run,) = rows(f"SELECT state FROM schedule_runs WHERE schedule = '{NAME}'")
    assert run["state"] == "failed"


def test_run_now_submits_at_once_and_leaves_the_times_alone(clean, clock, due):
    job = commands.run_now(clean, NAME, now=clock())
    (entry,) = [
        one for one in commands.overview(clean, now=clock()).entries if one.schedule.name == NAME
    ]
    assert job.state == "queued"
    assert (entry.last.due_at, entry.last.state) == (due, "due")
    assert entry.next_at > clock()


def _die(*_, **__):
    raise SystemExit


def test_a_job_that_is_due_waits_behind_no_backlog_of_notices(clean, rows):
    with connect(clean, "serve") as connection:
        for n in range(3):
            defer(connection, DELIVER, notice_id=str(n), channel="slow")
        defer(connection, START, schedule=NAME, due_at="2026-01-05T00:30:00+00:00")
    with connect(clean, "owner") as connection:
        first = connection.execute(
            "SELECT task_name FROM procrastinate_fetch_job_v2(ARRAY['trii'], "
            "(SELECT worker_id FROM procrastinate_register_worker_v1()))"
        ).fetchone()
    assert first["task_name"] == START
