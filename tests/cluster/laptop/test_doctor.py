import os
import shutil
import socket
import sys
from types import SimpleNamespace

import pytest

from cluster.laptop import doctor
from cluster.laptop import state as states
from cluster.laptop.processes import ProcessRecord


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home with a state whose ports are free and whose processes never ran."""
    monkeypatch.setattr(doctor, "server_user", lambda: None)
    state = states.create(tmp_path, {})
    shutil.rmtree(state.runtime_dir)
    states.save(tmp_path, state)
    return tmp_path


def change(home, **changes):
    state = states.load(home)
    for name, value in changes.items():
        getattr(state, name).update(value)
    states.save(home, state)


def remedies(home, about):
    return [finding.remedy for finding in doctor.examine(home) if about in finding.what]


def test_a_port_is_named_with_its_holder_and_another_to_take(home):
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        port = stranger.getsockname()[1]
        change(home, ports={"api": port})
        (finding,) = [f for f in doctor.examine(home) if f"port {port}" in f.what]
    assert f"(PID {os.getpid()})" in finding.what
    assert f"TRII_API_PORT={port + 1} trii up" in finding.remedy


def test_a_killed_component_is_told_from_one_that_never_ran(home):
    change(home, processes={"valkey": ProcessRecord(2**22 + 1, 0.0)})
    assert remedies(home, "valkey was killed or crashed")
    assert not remedies(home, "postgres was killed")


def test_a_pid_that_another_program_got_since_is_named(home):
    change(home, processes={"mlflow": ProcessRecord(os.getpid(), 1.0)})
    (remedy,) = remedies(home, f"names PID {os.getpid()} for mlflow, which is")
    assert "left alone" in remedy


def test_a_short_disk_is_named_with_what_is_free(home, monkeypatch):
    usage = SimpleNamespace(free=10**9)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    (remedy,) = remedies(home, "0.9 GiB are free")
    assert "TRII_HOME" in remedy


def test_a_wrong_python_is_named(home, monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 13, 0))
    (remedy,) = remedies(home, "runs this")
    assert "Python 3.11 or 3.12" in remedy


def test_a_secret_that_others_can_read_is_named_with_the_command(home):
    secret = home / "secrets" / "trii_redis_password"
    secret.parent.mkdir()
    secret.write_text("x")
    secret.chmod(0o644)
    assert remedies(home, "readable by other users") == [f"chmod 600 {secret}"]


def test_a_damaged_state_is_a_finding_and_not_a_failure(home):
    (home / states.FILE).write_text("{")
    assert remedies(home, "is damaged")
