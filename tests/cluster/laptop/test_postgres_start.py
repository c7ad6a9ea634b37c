"""A database folder is whole or it is not there; no server is started."""

import shutil

import pytest

from cluster.errors import PlatformError
from cluster.laptop import credentials
from cluster.laptop import state as states
from cluster.laptop.context import Platform
from cluster.laptop.postgres import Postgres
from cluster.settings import load_settings


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setattr(Postgres, "_open_path", lambda *_: None)
    return tmp_path


@pytest.fixture
def laptop(home):
    state = states.create(home, {})
    states.save(home, state)
    credentials.ensure(home / "secrets")
    yield Platform(load_settings(home), state)
    shutil.rmtree(state.runtime_dir)


def cut_short(_self, _platform, data, *_):
    """initdb writes its version first: a killed one leaves that and no more."""
    (data / "PG_VERSION").write_text("17\n")
    raise PlatformError("killed")


def whole(_self, _platform, data, *_):
    for name in ("PG_VERSION", "postgresql.conf"):
        (data / name).write_text("17\n")


def test_an_initdb_that_was_cut_short_is_done_again(home, laptop, monkeypatch):
    monkeypatch.setattr(Postgres, "_run_initdb", cut_short)
    with pytest.raises(PlatformError, match="killed"):
        Postgres().prepare(laptop)
    monkeypatch.setattr(Postgres, "_run_initdb", whole)
    Postgres().prepare(laptop)
    assert {path.name for path in (home / "postgres").iterdir()} == {
        "PG_VERSION",
        "postgresql.conf",
    }
    assert not (home / "postgres.partial").exists()
