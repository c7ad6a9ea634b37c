"""Machines in a box are machines: apart from each other and from this one, and gone when they end."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from cluster.waiting import wait_until
from tests.cloudbox import NEEDED, Network, systemd
from tests.cloudbox.machine import ROOT, run

pytestmark = NEEDED
PORT = 9999
SERVER = [sys.executable, "-m", "http.server", str(PORT), "--directory", "/srv"]


@pytest.fixture
def network():
    with Network() as made:
        yield made


@pytest.fixture
def two(network):
    return network.machine("first"), network.machine("second")


def reaches(machine, address):
    """Whether a connection from there is taken: `timeout` ends one that nobody answers."""
    asked = machine.run(
        ["timeout", "2", "bash", "-c", f"exec 3<>/dev/tcp/{address}/{PORT}"], check=False
    )
    return asked.returncode == 0


def serve(machine):
    machine.start(SERVER)
    assert wait_until(lambda: reaches(machine, "127.0.0.1"), timeout_s=30)


def test_machines_reach_each_other_and_this_one_by_address_and_by_name(network, two):
    first, second = two
    serve(second)
    assert reaches(first, second.address)
    assert reaches(first, "second")
    with socket.create_connection((second.address, PORT), timeout=5):
        pass
    with socket.create_server((network.address, PORT)):
        assert reaches(first, network.address)


def test_what_one_writes_no_other_sees_nor_this_one(two):
    first, second = two
    for path in ("/etc/written", "/tmp/written", "/dev/shm/written", str(ROOT / "written")):
        first.run(["sh", "-c", f"echo first > {path}"])
        assert second.run(["cat", path], check=False).returncode != 0
        assert not Path(path).exists()
        assert (first.root / path[1:]).read_text() == "first\n"
    first.run(["rm", "/etc/passwd"])
    assert Path("/etc/passwd").exists()


def test_its_image_is_this_machine_without_its_state(two):
    first, _ = two
    told = first.run(
        [sys.executable, "-c", "import os, cluster; print(cluster.__file__, *os.environ)"]
    )
    file, *variables = told.stdout.split()
    assert Path(file).is_relative_to(ROOT)
    assert set(variables) <= {"PATH", "HOME", "LANG", "LC_CTYPE"}
    assert first.run(["ls", "/tmp", "/run", "/var/lib/trii"]).stdout.split() == [
        *("/run:", "/tmp:", "/var/lib/trii:")
    ]
    assert first.run(["hostname"]).stdout == "first\n"


def test_it_sees_no_process_of_another_and_keeps_no_dead_ones(two):
    first, second = two
    second.start(["sleep", "1000"])
    first.run(["sh", "-c", "(sleep 0 &)"])
    commands = ["sh", "-c", "exec cat /proc/[0-9]*/comm"]
    assert wait_until(
        lambda: sorted(first.run(commands).stdout.split()) == ["cat", "sleep"], timeout_s=10
    )


def test_one_that_is_killed_is_gone_at_once_and_another_takes_its_place(network, two):
    first, second = two
    serve(second)
    second.kill()
    assert not reaches(first, second.address)
    assert not Path(f"/proc/{second.pid}").exists()
    again = network.machine("second", address=second.address)
    assert not (again.root / "etc/written").exists()
    serve(again)
    assert wait_until(lambda: reaches(first, second.address), timeout_s=30)


def test_one_that_is_cut_goes_on_and_comes_back(two):
    first, second = two
    serve(second)
    second.cut()
    assert not reaches(first, second.address)
    assert reaches(second, "127.0.0.1")
    second.mend()
    assert wait_until(lambda: reaches(first, second.address), timeout_s=30)


def test_a_volume_outlives_its_machine(network, tmp_path):
    volumes = {"/var/lib/kept": tmp_path}
    first = network.machine("first", volumes=volumes)
    first.run(["sh", "-c", "echo kept > /var/lib/kept/state"])
    first.kill()
    assert network.machine("first", volumes=volumes).run(["cat", "/var/lib/kept/state"]).stdout


def test_two_networks_stand_beside_each_other(network):
    with Network() as other:
        assert other.range != network.range
        assert not reaches(network.machine("here"), other.machine("there").address)


def test_a_program_that_fails_says_why(two):
    with pytest.raises(subprocess.CalledProcessError) as caught:
        two[0].run(["ls", "/nowhere"])
    assert "/nowhere" in caught.value.__notes__[0]


UNIT = """[Service]
User=nobody
ExecStart=/bin/sleep 1000
Restart=always
RestartSec=0
"""


@pytest.mark.skipif(not systemd.BINARY.exists(), reason="systemd is not installed here")
def test_systemd_runs_units_on_one(network):
    machine = network.machine("booted", first=systemd.BOOT)
    systemd.boot(machine)
    (machine.root / "etc/systemd/system/ours.service").write_text(UNIT)
    machine.run(["systemctl", "start", "ours"])
    shown = ["systemctl", "show", "ours", "--property=MainPID", "--value"]
    first = machine.run(shown).stdout.strip()
    assert machine.run(["ps", "-o", "user=", "-p", first]).stdout.strip() == "nobody"
    machine.run(["kill", "-9", first])
    assert wait_until(lambda: machine.run(shown).stdout.strip() not in {first, "0"}, timeout_s=30)


def links():
    return {link["ifname"] for link in json.loads(run("ip", "-json", "link"))}


def test_nothing_is_left_after_the_end_of_a_test_that_failed():
    before = links()
    with contextlib.suppress(ZeroDivisionError), Network() as network:
        machine = network.machine("first")
        program = machine.start(["sleep", "1000"])
        raise ZeroDivisionError
    assert program.poll() is not None
    assert not machine.root.exists()
    assert links() <= before


def test_nothing_is_left_of_a_test_that_was_killed():
    code = (
        "import sys\n"
        "from tests.cloudbox import Network\n"
        "with Network() as network:\n"
        "    print(network.machine('first').pid, flush=True)\n"
        "    sys.stdin.read()\n"
    )
    made = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    machine = Path(f"/proc/{made.stdout.readline().strip()}")
    assert machine.exists()
    before = links()
    os.kill(made.pid, signal.SIGKILL)
    made.communicate()
    assert wait_until(lambda: not machine.exists(), timeout_s=10)
    with Network():
        assert len(links()) <= len(before)
