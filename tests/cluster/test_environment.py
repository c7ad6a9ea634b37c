"""Commands compile kernels as the platform does, and find what it has compiled."""

import os
import pwd
from pathlib import Path

import pytest

from cluster.cli.main import main
from cluster.environment import default_home, kernels_of, share_kernels


@pytest.fixture
def shared(monkeypatch):
    """What a process of that home has in its environment afterwards."""

    def share(home, **given):
        for name in ("NUMBA_CPU_NAME", "NUMBA_CACHE_DIR"):
            monkeypatch.setenv(name, "")  # put back at the end, whatever is set in between
            monkeypatch.delenv(name)
        for name, value in {"TRII_HOME": str(home), **given}.items():
            monkeypatch.setenv(name, value)
        share_kernels()
        return os.environ.get("NUMBA_CPU_NAME"), os.environ.get("NUMBA_CACHE_DIR")

    return share


def test_a_command_shares_the_kernels_of_its_platform(shared, tmp_path):
    assert shared(tmp_path) == ("generic", str(kernels_of(tmp_path)))


def test_before_there_is_a_platform_nothing_is_made_in_its_place(shared, tmp_path):
    assert shared(tmp_path / "absent") == ("generic", None)
    assert list(Path(tmp_path).iterdir()) == []


def test_what_the_environment_says_stays(shared, tmp_path):
    given = {"NUMBA_CPU_NAME": "host", "NUMBA_CACHE_DIR": "/elsewhere"}
    assert shared(tmp_path, **given) == ("host", "/elsewhere")


@pytest.mark.parametrize("told", ["~nobody-of-this-name/x", "~", "a b", "/srv/~x"])
def test_a_home_is_where_a_shell_would_find_it(monkeypatch, tmp_path, told):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/of/me")
    monkeypatch.setenv("TRII_HOME", told)
    assert default_home() == tmp_path / {"~": "/home/of/me"}.get(told, told)


def test_a_user_without_a_home_is_asked_for_one(monkeypatch, tmp_path, capsys):
    """As in a container that runs as a number."""

    def nobody(_uid):
        raise KeyError

    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr(pwd, "getpwuid", nobody)
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    monkeypatch.delenv("TRII_HOME", raising=False)
    with pytest.raises(SystemExit) as ended:
        main(["status"])
    error = capsys.readouterr().err
    assert (ended.value.code, error.count("\n")) == (2, 1)
    assert "say a folder by TRII_HOME" in error
    monkeypatch.setenv("TRII_HOME", str(tmp_path))
    assert default_home() == tmp_path
