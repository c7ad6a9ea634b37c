import os
import signal
import sys

import psutil
import pytest

from cluster.laptop import processes
from cluster.laptop.processes import COMPONENT, MARKER, ProcessRecord
from cluster.waiting import wait_until

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture
def spawn(tmp_path):
    started = []

    def start(**marks):
        environment = {**os.environ, **marks}
        started.append(processes.spawn(SLEEP, environment=environment, log=tmp_path / "log"))
        return started[-1]

    yield start
    for known in started:
        processes.terminate(known, timeout_s=5)


def test_a_reused_pid_is_not_taken_for_ours():
    mine = processes.record(os.getpid())
    assert processes.is_alive(mine)
    assert not processes.is_alive(ProcessRecord(mine.pid, mine.started - 100))


def test_a_process_outlives_the_call_in_a_session_of_its_own(spawn):
    known = spawn()
    assert processes.is_alive(known)
    assert os.getsid(known.pid) == known.pid


def test_ending_a_platform_leaves_another_platforms_processes_alone(spawn):
    ours, theirs = spawn(**{MARKER: "ours"}), spawn(**{MARKER: "theirs"})
    assert processes.end_marked("ours", timeout_s=5) == 1
    assert not processes.is_alive(ours)
    assert processes.is_alive(theirs)


def test_ending_a_component_leaves_the_others_alone(spawn):
    ray = spawn(**{MARKER: "p", COMPONENT: "ray"})
    mlflow = spawn(**{MARKER: "p", COMPONENT: "mlflow"})
    processes.end_marked("p", component="ray", timeout_s=5)
    assert not processes.is_alive(ray)
    assert processes.is_alive(mlflow)


def test_a_process_that_ignores_the_request_is_ended_all_the_same(tmp_path):
    stubborn = (
        "import signal,time,sys; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "print('deaf', flush=True); time.sleep(60)"
    )
    log = tmp_path / "log"
    known = processes.spawn([sys.executable, "-c", stubborn], environment=os.environ, log=log)
    assert wait_until(lambda: "deaf" in log.read_text(), timeout_s=10)
    processes.terminate(known, timeout_s=0.2, how=signal.SIGTERM)
    assert not processes.is_alive(known)


def test_a_log_is_for_its_owner_alone(spawn, tmp_path):
    spawn()
    assert (tmp_path / "log").stat().st_mode & 0o777 == 0o600


def test_waiting_ends_at_once_when_what_is_waited_for_died():
    assert not wait_until(lambda: False, timeout_s=60, alive=lambda: False)


def test_ending_twice_does_no_harm(spawn):
    known = spawn()
    processes.terminate(known, timeout_s=5)
    processes.terminate(known, timeout_s=5)
    assert not psutil.pid_exists(known.pid) or not processes.is_alive(known)
