"""A queue of its own for each test: empty tables, a clock that the test moves, a stand-in for Ray."""

import shutil
from contextlib import ExitStack
from datetime import timedelta

import pytest

from cluster.control import leases
from cluster.control.loop import Term
from cluster.queue import commands as queue
from cluster.queue import store
from cluster.queue.mover import Mover
from cluster.queue.rules.limits import Quota
from cluster.requests.job import JobRequest
from cluster.stores.postgres import connect
from tests.cluster.queue.fake_ray import FakeRay
from tests.job_rows import NOW


class Bench:
    """The queue, its clock and Ray, as a test works with them."""

    def __init__(self, settings):
        self.settings = settings
        self.ray = FakeRay()
        self.now = NOW
        self._open = ExitStack()
        self.mover = self.new_mover("first")

    def new_mover(self, holder):
        """What a loop does, in a process of its own: its own connection and lease."""
        connection = self._open.enter_context(connect(self.settings, "serve"))
        connection.autocommit = True
        lease = leases.take(connection, leases.CONTROL, holder=holder, seconds=60)
        assert lease is not None
        return Mover(Term(self.settings, connection, lease, lambda: self.now), self.ray)

    def take_over(self):
        """The lease of whoever holds it is over; another loop takes it."""
        with connect(self.settings, "serve") as connection:
            connection.execute("UPDATE leases SET expires_at = '-infinity'")
        self.mover = self.new_mover(f"holder {self.now}")
        return self.mover

    def submit(self, user="ada", job_id=None, **changes):
        request = JobRequest(**{"module": "some.module", **changes})
        return queue.submit(self.settings, request, user_id=user, now=self.now, job_id=job_id)

    def job(self, job_id):
        return queue.get(self.settings, job_id)

    def state(self, job_id):
        return self.job(job_id).state

    def to_running(self, *job_ids):
        self.mover.turn()
        self.ray.run()
        self.mover.turn()
        assert [self.state(one) for one in job_ids] == ["running"] * len(job_ids)

    def later(self, **span):
        self.now += timedelta(**span)

    def close(self):
        self._open.close()


@pytest.fixture
def clean(database):
    """The database with an empty queue and the default quotas."""
    with connect(database, "owner") as connection:
        connection.execute("TRUNCATE jobs, job_attempts, leases, quotas")
        connection.execute("INSERT INTO quotas VALUES ('*', 8, 32, 4)")
    shutil.rmtree(database.home / "results", ignore_errors=True)
    return database


@pytest.fixture
def bench(clean):
    made = Bench(clean)
    yield made
    made.close()


@pytest.fixture
def set_quota(clean):
    def put(user, running=None, cpus=None, gpus=None):
        with connect(clean, "owner") as connection:
            store.write_quota(connection, user, Quota(running, cpus, gpus))

    return put
