"""A clock that the test moves, and a database without schedules, notices, tasks and jobs."""

from datetime import UTC, datetime, timedelta

import pytest

from cluster.control import leases
from cluster.control.loop import Term
from cluster.schedules.planner import Planner
from cluster.stores.postgres import connect
from tests.cluster.notices.conftest import hooks as hooks  # noqa: PLC0414 - found by its name

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)  # a Monday


class Time:
    """A clock that stands until it is moved."""

    def __init__(self, now):
        self.now = now

    def __call__(self):
        return self.now

    def later(self, **span):
        self.now += timedelta(**span)


@pytest.fixture
def clock():
    return Time(NOW)


@pytest.fixture
def clean(database):
    """Settings of the database, with nothing in it."""
    with connect(database, "owner") as connection:
        connection.execute(
            "TRUNCATE schedules, schedule_runs, notices, deliveries, jobs, job_attempts, leases, "
            "procrastinate_jobs, procrastinate_workers, procrastinate_periodic_defers CASCADE"
        )
        connection.execute("DELETE FROM quotas WHERE user_id <> '*'")
    return database


@pytest.fixture
def rows(clean):
    """Reads a table as the owner."""

    def read(query):
        with connect(clean, "owner") as connection:
            return connection.execute(query).fetchall()

    return read


@pytest.fixture
def take_turn(clean, clock):
    """One turn of a planner; under a lease of its own, so that several can be at it at once."""

    def take(*, settings=None, lease_name=leases.CONTROL, when=None):
        with connect(clean, "serve") as connection:
            connection.autocommit = True
            lease = leases.take(connection, lease_name, holder="test", seconds=60)
            planner = Planner(Term(settings or clean, connection, lease, clock))
            if when is not None:
                when.wait()
            planner.turn()
            leases.release(connection, lease)

    return take
