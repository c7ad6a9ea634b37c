"""A real PostgreSQL with our schema and nothing else of a platform: seconds, not minutes."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster.laptop import credentials
from cluster.laptop import state as states
from cluster.laptop.context import Platform
from cluster.laptop.postgres import Postgres
from cluster.settings import Settings, load_settings
from cluster.stores.migrate import upgrade
from tests.servers import free_port


def data_at(home: Path) -> dict[str, object]:
    """What other settings take over to keep their data in a home of their own."""
    names = {"home", "lake_url", "results_url", "models_url", "jobs_url"}
    return Settings(home=home, _env_file=None).model_dump(include=names)


@pytest.fixture(scope="session")
def database() -> Iterator[Settings]:
    """Settings of a home of its own whose PostgreSQL runs; ended and removed after the last test."""
    home = Path(tempfile.mkdtemp(prefix="trii-test-"))
    home.chmod(0o711)
    # Above the range in which whole platforms, which other processes of this run start, choose.
    state = states.create(home, {"postgres": free_port()})
    states.save(home, state)
    credentials.ensure(home / "secrets")
    platform = Platform(load_settings(home), state)
    server = Postgres()
    try:
        server.prepare(platform)
        server.start(platform)
        upgrade(platform.settings)
        yield platform.settings
    finally:
        server.stop(platform)
        shutil.rmtree(home, ignore_errors=True)
        shutil.rmtree(state.runtime_dir, ignore_errors=True)
