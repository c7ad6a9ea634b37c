"""`trii` on a database without schedules, notices and jobs, with one channel that nobody answers."""

import pytest

from cluster.cli.main import main
from cluster.laptop import identity
from cluster.notices.settings import Channel
from cluster.stores.postgres import connect
from tests.servers import free_port

ADDRESS = "gotify://127.0.0.1:{port}/t0p-s3cret-token"


@pytest.fixture
def settings(database):
    with connect(database, "owner") as connection:
        connection.execute(
            "TRUNCATE schedules, schedule_runs, notices, deliveries, jobs, job_attempts, leases, "
            "procrastinate_jobs CASCADE"
        )
    channel = Channel(url=ADDRESS.format(port=free_port()), events=("job.failed",))
    return database.model_copy(update={"notify_channels": {"ops": channel}})


@pytest.fixture
def trii(capsys, settings, monkeypatch):
    """Run a command; gives status, output, errors. None may hold a secret."""
    monkeypatch.setattr(identity, "running_settings", lambda: settings)

    def run(*arguments):
        capsys.readouterr()  # what setting up has logged
        with pytest.raises(SystemExit) as info:
            main(list(arguments))
        out, err = capsys.readouterr()
        assert "t0p-s3cret" not in out + err
        return info.value.code, out, err

    return run
