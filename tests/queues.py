"""An empty job queue in the real PostgreSQL, for tests of what stands in front of it."""

import shutil
from dataclasses import replace

import pytest

import cluster.queue.cli.following
from cluster.cli.main import main
from cluster.stores.lake import Lake
from cluster.stores.postgres import connect
from tests.lakes import AAPL, RECORDED, sample_bars


@pytest.fixture
def queued(database):
    """Settings of a database whose queue is empty, with the default quotas."""
    with connect(database, "owner") as connection:
        connection.execute("TRUNCATE jobs, job_attempts, leases, quotas")
        connection.execute("INSERT INTO quotas VALUES ('*', 8, 32, 4)")
    shutil.rmtree(database.home / "results", ignore_errors=True)
    return database


@pytest.fixture(scope="session")
def one_share(tmp_path_factory):
    """The address of a lake with the daily closes of AAPL, and MSFT listed without any."""
    lake = Lake(tmp_path_factory.mktemp("lake"))
    msft = replace(AAPL, instrument_id="sample:MSFT", symbol="MSFT")
    lake.append_instruments("sample", [AAPL, msft], recorded_at=RECORDED)
    rows = sample_bars().to_arrow(recorded_at=RECORDED)
    lake.append_bars("sample", "1Day", rows, recorded_at=RECORDED)
    return lake.root


@pytest.fixture
def on_queue(capsys, queued, monkeypatch, one_share):
    """Run a command of `trii` on a queue that nobody moves; gives status, output, errors."""
    settings = queued.model_copy(update={"lake_url": one_share})
    monkeypatch.setattr(cluster.queue.cli.following, "running_settings", lambda: settings)

    def run(*words):
        with pytest.raises(SystemExit) as info:
            main([*words])
        return info.value.code, *capsys.readouterr()

    return run
