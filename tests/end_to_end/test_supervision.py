"""Components are killed hard under quotes: the supervisor starts each again alone, and nobody waits."""

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager

import httpx
import psutil
import pytest

from cluster.laptop import processes
from cluster.laptop import state as states
from cluster.waiting import wait_until

pytestmark = [pytest.mark.platform, pytest.mark.restarts, pytest.mark.long]
WAIT_S = 120.0  # a bound for a busy machine, not a promise


@pytest.fixture
def status(trii):
    def read():
        document = json.loads(trii("status", "--json").stdout)
        return {component["name"]: component for component in document["components"]}

    return read


@pytest.fixture
def replicas(platform):
    """The PIDs of all replicas of all applications."""
    state = states.load(platform.home)

    def found():
        marked = processes.marked(state.platform_id)
        lines = {process.pid: processes.command_line(process) for process in marked}
        return {pid for pid, line in lines.items() if "ServeReplica" in "".join(line)}

    return found


@contextmanager
def quotes(api):
    """A client that asks for a quote again and again, and never retries; the answers so far."""
    answers, done = [], threading.Event()

    def ask():
        while not done.is_set():
            try:
                answers.append(api.get("/v1/quotes/SYN001").status_code)
            except httpx.TransportError as exc:
                answers.append(type(exc).__name__)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        assert wait_until(lambda: len(answers) > 10, timeout_s=30)
        yield answers
    finally:
        done.set()
        asking.join()


def kill(pid):
    process = psutil.Process(pid)
    os.kill(pid, signal.SIGKILL)
    assert wait_until(
        lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE, timeout_s=10
    )


def until_again(status, name, before):
    """Until the component runs again, by the supervisor alone; all components as they are then."""
    assert wait_until(
        lambda: status()[name]["restarts"] > before[name]["restarts"], timeout_s=WAIT_S
    ), status()
    after = status()
    assert {c["name"]: c["state"] for c in after.values()} == dict.fromkeys(after, "running")
    assert after[name]["pid"] != before[name]["pid"]
    assert f"PID {before[name]['pid']} ended" in after[name]["reason"]
    assert [n for n in after if n != name and after[n]["pid"] != before[n]["pid"]] == []
    return after


@pytest.mark.parametrize("name", ["valkey", "postgres", "mlflow", "gcs", "dashboard", "autoscaler"])
def test_a_killed_component_runs_again_and_no_request_is_lost(api, status, replicas, name):
    before, serving = status(), replicas()
    with quotes(api) as answers:
        kill(before[name]["pid"])
        until_again(status, name, before)
    assert set(answers) == {200}
    assert replicas() == serving


def test_new_drivers_work_when_the_gcs_is_back(trii, status):
    before = status()
    kill(before["gcs"]["pid"])
    until_again(status, "gcs", before)
    code = "import ray; ray.init(); print(ray.get(ray.remote(lambda: 6 * 7).remote()))"
    found = json.loads(trii("env", "--json").stdout)
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **found}, capture_output=True, text=True, timeout=WAIT_S, check=False,
    )  # fmt: skip
    assert done.stdout.strip().endswith("42"), done.stderr
    submitted = trii("jobs", "submit", "jobs.compact", "--wait", timeout=WAIT_S)
    assert submitted.returncode == 0, submitted.stderr


def test_a_dead_node_comes_back_with_its_applications(api, status, replicas):
    before, serving = status(), replicas()
    kill(before["ray"]["pid"])
    assert wait_until(
        lambda: status()["ray"]["restarts"] > before["ray"]["restarts"], timeout_s=3 * WAIT_S
    )
    assert replicas().isdisjoint(serving)
    assert api.get("/v1/quotes/SYN001").status_code == 200
    after = status()
    assert [n for n in ("postgres", "valkey") if after[n]["pid"] != before[n]["pid"]] == []


def test_nothing_depends_on_the_supervisor_and_up_brings_it_back(trii, api, status):
    before = status()
    with quotes(api) as answers:
        kill(before["supervisor"]["pid"])
        assert status()["supervisor"]["state"] == "dead"
        assert trii("status").returncode == 1
        findings = json.loads(trii("doctor", "--json").stdout)["findings"]
        assert {
            "what": "supervisor was killed or crashed",
            "remedy": "`trii up` starts it again",
        } in (findings)
        healed = trii("up")
        assert healed.returncode == 0, healed.stderr
    assert set(answers) == {200}
    after = status()
    assert after["supervisor"]["state"] == "running"
    assert [n for n in after if after[n]["pid"] != before[n]["pid"]] == ["supervisor"]
