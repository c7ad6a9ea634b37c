"""Commands compile kernels as the platform does, and find what it has compiled."""

import os
from pathlib import Path

import pytest

from cluster.environment import kernels_of, share_kernels


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
