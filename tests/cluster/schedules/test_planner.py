"""The planner against a real PostgreSQL: outages, pauses, races and kills."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier, Event

import pytest

import cluster.schedules.planner
from cluster.control import leases
from cluster.control.leader import Leader
from cluster.control.leases import LostLease
from cluster.control.loop import Loop, Term
from cluster.errors import NotFound
from cluster.schedules import commands
from cluster.schedules.planner import Planner
from cluster.stores.postgres import connect
from tests.leading import leading

RUNS = "SELECT schedule, due_at, state FROM schedule_runs ORDER BY schedule, due_at"
TASKS = "SELECT args->>'schedule' AS schedule FROM procrastinate_jobs WHERE task_name = 'start'"


def of(found, name):
    return [row for row in found if row["schedule"] == name]


def test_a_new_platform_has_missed_nothing(take_turn, rows):
    take_turn()
    assert (rows(RUNS), rows(TASKS), rows("SELECT * FROM notices")) == ([], [], [])


def test_an_occurrence_is_entered_once_however_many_turns_there_are(take_turn, rows, clock):
    take_turn()
    clock.later(hours=13)
    take_turn()
    take_turn()
    (run,) = of(rows(RUNS), "ingest-synthetic")
    assert (run["due_at"].hour, run["due_at"].minute, run["state"]) == (0, 30, "due")
    assert len(of(rows(TASKS), "ingest-synthetic")) == 1


def test_five_days_of_outage_are_caught_up_by_one_run_and_told_once(take_turn, rows, clock):
    take_turn()
    clock.later(days=5)
    take_turn()
    take_turn()
    runs = of(rows(RUNS), "ingest-synthetic")
    assert [run["state"] for run in runs] == ["skipped"] * 4 + ["due"]
    assert len(of(rows(TASKS), "ingest-synthetic")) == 1
    told = [row["payload"] for row in rows("SELECT payload FROM notices")]
    (ingest,) = [one for one in told if one["schedule"] == "ingest-synthetic"]
    assert (ingest["skipped"], ingest["caught up"]) == (4, runs[-1]["due_at"].isoformat())


def test_a_check_that_was_missed_is_not_made_up_for(take_turn, rows, clock):
    take_turn()
    clock.later(days=2)
    take_turn()
    assert {run["state"] for run in of(rows(RUNS), "freshness-check")} == {"skipped"}


def test_what_falls_into_a_pause_never_runs(take_turn, rows, clock, clean):
    take_turn()
    assert commands.pause(clean, "ingest-synthetic", user_id="ada", now=clock())
    assert not commands.pause(clean, "ingest-synthetic", user_id="bob", now=clock())
    clock.later(days=3)
    take_turn()
    clock.later(days=3)
    assert commands.resume(clean, "ingest-synthetic", now=clock())
    take_turn()
    assert of(rows(RUNS), "ingest-synthetic") == []
    clock.later(days=1)
    take_turn()
    assert len(of(rows(RUNS), "ingest-synthetic")) == 1


def test_an_unknown_schedule_can_not_be_paused(clean, clock):
    with pytest.raises(NotFound, match="nightly"):
        commands.pause(clean, "nightly", user_id="ada", now=clock())


def test_a_clock_that_was_set_back_repeats_nothing(take_turn, rows, clock):
    take_turn()
    clock.later(days=1)
    take_turn()
    before = rows(RUNS)
    clock.later(days=-1)
    take_turn()
    clock.later(days=1)
    take_turn()
    assert rows(RUNS) == before


def test_planners_that_race_without_a_lease_between_them_enter_each_occurrence_once(
    take_turn, rows, clock
):
    take_turn()
    clock.later(days=1)
    together = Barrier(4)
    with ThreadPoolExecutor(4) as pool:
        turns = [pool.submit(take_turn, lease_name=f"race-{n}", when=together) for n in range(4)]
        for turn in turns:
            turn.result()
    tasks = [row["schedule"] for row in rows(TASKS)]
    assert tasks.count("ingest-synthetic") == 1
    assert len(tasks) == len(set(tasks))


def test_a_planner_that_dies_in_the_middle_has_entered_nothing_by_halves(
    take_turn, rows, clock, monkeypatch
):
    take_turn()
    clock.later(days=1)
    with monkeypatch.context() as patch:
        patch.setattr(cluster.schedules.planner, "defer", _die)
        with pytest.raises(SystemExit):
            take_turn()
    assert of(rows(RUNS), "ingest-synthetic") == []
    take_turn()
    assert len(of(rows(TASKS), "ingest-synthetic")) == len(of(rows(RUNS), "ingest-synthetic")) == 1


def test_a_planner_that_has_lost_its_lease_writes_nothing(clean, rows, clock):
    with connect(clean, "serve") as connection:
        connection.autocommit = True
        lease = leases.take(connection, leases.CONTROL, holder="old", seconds=60)
        with connect(clean, "owner") as other:
            other.execute("UPDATE leases SET expires_at = '-infinity'")
            leases.take(other, leases.CONTROL, holder="new", seconds=60)
        with pytest.raises(LostLease):
            Planner(Term(clean, connection, lease, clock)).turn()
    assert rows("SELECT * FROM schedules") == []


def test_a_planner_that_stops_gives_its_lease_back(clean, rows, clock):
    planned = Event()

    @contextmanager
    def begin(term):
        planner = Planner(term)

        def turn():
            planner.turn()
            planned.set()
            return False

        yield turn

    loop = Loop("schedules", begin, period_s=5.0, channels=("trii_notices",))
    with leading(Leader(clean, [loop], clock=clock)):
        assert planned.wait(60)
    assert len(rows("SELECT * FROM schedules")) > 0
    with connect(clean, "serve") as connection:
        assert not leases.is_held(connection, leases.CONTROL)


def test_a_flood_of_notices_is_routed_in_one_turn(take_turn, rows, clean, clock):
    with connect(clean, "owner") as connection:
        connection.execute(
            "INSERT INTO notices (event, payload) "
            "SELECT 'job.failed', '{\"job\": \"a\"}' FROM generate_series(1, 201)"
        )
    take_turn()
    assert rows("SELECT * FROM notices WHERE routed_at IS NULL") == []


def test_old_runs_and_delivered_notices_are_forgotten_after_a_quarter(take_turn, rows, clock):
    take_turn()
    clock.later(days=2)
    take_turn()
    assert rows("SELECT * FROM notices") != []
    clock.later(days=120)
    take_turn()
    oldest = rows("SELECT min(due_at) AS at FROM schedule_runs WHERE state <> 'due'")
    assert (clock() - oldest[0]["at"]).days <= 90
    assert {row["created_at"] for row in rows("SELECT created_at FROM notices")} == {clock()}


def _die(*_, **__):
    raise SystemExit
