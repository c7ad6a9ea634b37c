"""An empty job queue in the real PostgreSQL, for tests of what stands in front of it."""

import shutil

import pytest

from cluster.stores.postgres import connect


@pytest.fixture
def queued(database):
    """Settings of a database whose queue is empty, with the default quotas."""
    with connect(database, "owner") as connection:
        connection.execute("TRUNCATE jobs, job_attempts, leases, quotas")
        connection.execute("INSERT INTO quotas VALUES ('*', 8, 32, 4)")
    shutil.rmtree(database.home / "results", ignore_errors=True)
    return database
