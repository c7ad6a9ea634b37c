"""An empty job queue in the real PostgreSQL, for tests of what stands in front of it."""

import shutil

import pytest

import cluster.queue.cli.following
from cluster.cli.main import main
from cluster.stores.postgres import connect


@pytest.fixture
def queued(database):
    """Settings of a database whose queue is empty, with the default quotas."""
    with connect(database, "owner") as connection:
        connection.execute("TRUNCATE jobs, job_attempts, leases, quotas")
        connection.execute("INSERT INTO quotas VALUES ('*', 8, 32, 4)")
    shutil.rmtree(database.home / "results", ignore_errors=True)
    return database


@pytest.fixture
def on_queue(capsys, queued, monkeypatch):
    """Run a command of `trii` on a queue that nobody moves; gives status, output, errors."""
    monkeypatch.setattr(cluster.queue.cli.following, "running_settings", lambda: queued)

    def run(*words):
        with pytest.raises(SystemExit) as info:
            main([*words])
        return info.value.code, *capsys.readouterr()

    return run
