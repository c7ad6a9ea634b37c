"""`trii jobs …` against a queue of the real PostgreSQL that nobody moves."""

import pytest

import cluster.laptop.identity
import cluster.queue.cli.following
from cluster.cli.main import main


@pytest.fixture
def trii(capsys, queued, monkeypatch):
    """Run a command on that queue; gives status, output, errors."""
    for module in (cluster.laptop.identity, cluster.queue.cli.following):
        monkeypatch.setattr(module, "running_settings", lambda: queued)

    def run(*arguments):
        with pytest.raises(SystemExit) as info:
            main(["jobs", *arguments])
        return info.value.code, *capsys.readouterr()

    return run
