"""`trii jobs …` against a queue of the real PostgreSQL that nobody moves."""

import pytest

import cluster.laptop.identity
import cluster.queue.cli.following
from cluster.cli.main import main
from cluster.stores.lake import Lake
from tests import lakes


@pytest.fixture(scope="session")
def small_lake(tmp_path_factory):
    path = tmp_path_factory.mktemp("lake")
    lakes.fill(Lake(path))
    return path


@pytest.fixture
def told(queued):
    """The settings that commands find; a test may replace them."""
    return [queued]


@pytest.fixture
def lake_home(told, small_lake):
    """The platform's lake has three synthetic instruments and AAPL."""
    told.append(told[0].model_copy(update={"lake_url": small_lake.as_uri()}))


@pytest.fixture
def trii(capsys, told, monkeypatch):
    """Run a command on that queue; gives status, output, errors."""
    for module in (cluster.laptop.identity, cluster.queue.cli.following):
        monkeypatch.setattr(module, "running_settings", lambda: told[-1])

    def run(*arguments):
        with pytest.raises(SystemExit) as info:
            main(["jobs", *arguments])
        return info.value.code, *capsys.readouterr()

    return run
