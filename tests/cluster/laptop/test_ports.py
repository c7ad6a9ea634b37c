import os
import socket

import pytest

from cluster.laptop import ports


@pytest.fixture
def taken():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_every_name_gets_a_port_of_its_own():
    chosen = ports.choose({})
    singles = [port for name, port in chosen.items() if name != "replicas"]
    assert set(ports.NAMES) <= chosen.keys()
    assert len(singles) == len(set(singles))


def test_a_taken_port_is_not_chosen(taken, monkeypatch):
    monkeypatch.setitem(ports.PREFERRED, "api", taken)
    assert ports.choose({})["api"] != taken


def test_a_pinned_port_is_kept():
    assert ports.choose({"api": 18123})["api"] == 18123


def test_the_holder_of_a_port_is_named_with_its_pid(taken):
    assert f"(PID {os.getpid()})" in ports.holder(taken)
    assert not ports.is_free(taken)
    assert ports.answers(taken)
