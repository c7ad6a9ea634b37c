"""No sequence of commands, crashes, losses and take-overs brings a job where it may not be."""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import HealthCheck
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from cluster.control.leases import LostLease
from cluster.errors import Conflict
from cluster.queue import commands as queue
from cluster.queue import store
from cluster.queue.rules.states import ENDED, MOVES, STATES, may_move
from cluster.stores.postgres import connect
from tests.cluster.queue.conftest import Bench
from tests.cluster.queue.fake_ray import Crash
from tests.examples import examples
from tests.job_rows import make_job

# Written by a trigger of the test: every move, however it came about.
_AUDIT = """
CREATE TABLE audit (id text, before text, after text);
GRANT INSERT ON audit TO trii_serve;
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO audit VALUES (NEW.id, OLD.state, NEW.state); RETURN NULL;
END $$;
CREATE TRIGGER audit AFTER UPDATE ON jobs FOR EACH ROW
WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION note();
"""


@pytest.fixture
def audited(clean):
    with connect(clean, "owner") as connection:
        connection.execute(_AUDIT)
    yield clean
    with connect(clean, "owner") as connection:
        connection.execute("DROP TRIGGER audit ON jobs; DROP FUNCTION note; DROP TABLE audit")


def machine(database):  # noqa: C901 - a class of small rules over one database
    class Queue(RuleBasedStateMachine):
        jobs = Bundle("jobs")

        @initialize()
        def empty(self):
            with connect(database, "owner") as connection:
                connection.execute("TRUNCATE jobs, job_attempts, leases, audit")
            self.bench = Bench(database)
            self.retries = Counter()

        @rule(target=jobs, user=st.sampled_from("ab"), resumable=st.booleans())
        def submit(self, user, resumable):
            deadline = self.bench.now + timedelta(minutes=5)
            return self.bench.submit(user, resumable=resumable, deadline=deadline).id

        @rule(job=jobs)
        def cancel(self, job):
            self.command(queue.cancel, job)

        @rule(job=jobs)
        def retry(self, job):
            self.retries[job] += self.command(queue.retry, job)

        def command(self, how, job):
            try:
                how(database, job, now=self.bench.now)
            except Conflict:
                return 0
            return 1

        @rule()
        def turn(self):
            self.bench.mover.turn()

        @rule(call=st.integers(1, 12), behind=st.booleans())
        def crash(self, call, behind):
            self.bench.ray.crash_in, self.bench.ray.crash_behind = call, behind
            try:
                self.bench.mover.turn()
            except Crash:
                self.bench.take_over()
            self.bench.ray.crash_in = None

        @rule()
        def stale_turn(self):
            old = self.bench.mover
            self.bench.take_over()
            with pytest.raises(LostLease):
                old.turn()

        @rule()
        def drivers_begin(self):
            self.bench.ray.run()

        @rule(job=jobs, code=st.sampled_from([0, 1, 2, -9]))
        def driver_ends(self, job, code):
            name = self.bench.job(job).submission_id
            if name not in self.bench.ray.live():
                return
            if code:
                self.bench.ray.fail(name, code)
            else:
                self.bench.ray.end(name, "SUCCEEDED")

        @rule()
        def cluster_is_lost(self):
            self.bench.ray.restart()

        @rule(minutes=st.integers(1, 4))
        def time_passes(self, minutes):
            self.bench.later(minutes=minutes)

        def teardown(self):
            """Left alone, every job comes to an end: none is lost. Then the books are checked."""
            if not hasattr(self, "bench"):
                return
            for _ in range(12):
                self.bench.mover.turn()
                self.bench.ray.run()
                for name in self.bench.ray.live():
                    self.bench.ray.end(name, "SUCCEEDED")
            self.bench.close()
            with connect(database, "owner") as connection:
                jobs = store.find_jobs(connection)
                moves = connection.execute("SELECT DISTINCT before, after FROM audit").fetchall()
            assert {job.state for job in jobs} <= ENDED
            assert [one for one in moves if one["after"] not in MOVES[one["before"]]] == []
            assert max(Counter(self.bench.ray.started).values(), default=0) <= 1
            for job in jobs:
                names = {store.submission_id(job.id, n) for n in range(1, job.attempt + 1)}
                begun = len(names & set(self.bench.ray.started))
                assert begun <= job.attempt <= (3 if job.resumable else 1) + self.retries[job.id]

    return Queue


def test_no_sequence_reaches_a_forbidden_state_or_runs_a_job_too_often(audited):
    quick = examples(
        10,
        stateful_step_count=20,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine(audited), settings=quick)


@pytest.mark.parametrize("before", STATES)
@pytest.mark.parametrize("after", STATES)
def test_the_store_makes_a_move_exactly_where_the_table_has_it(before, after, clean):
    job = make_job(state=before)
    with connect(clean, "serve") as connection:
        if may_move(before, after):
            assert not store.move(connection, job, after, now=job.created_at)  # no such row
        else:
            with pytest.raises(ValueError, match=f"a {before} job can't become {after}"):
                store.move(connection, job, after, now=job.created_at)


def test_only_a_person_takes_a_job_out_of_an_end():
    for state in ENDED:
        assert MOVES[state] <= {"queued"}
    assert MOVES["succeeded"] == frozenset()
