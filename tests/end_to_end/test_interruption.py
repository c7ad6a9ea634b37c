"""`trii up` is killed half-way; the next one goes on and finishes."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from cluster.laptop import state as states
from cluster.laptop.lifecycle import down
from cluster.laptop.progress import StepLines
from cluster.waiting import wait_until

pytestmark = [pytest.mark.long, pytest.mark.restarts]
TRII = Path(sys.executable).with_name("trii")


@pytest.fixture
def home():
    folder = Path(tempfile.mkdtemp(prefix="trii-test-"))
    yield folder
    down(folder, progress=StepLines())
    shutil.rmtree(folder, ignore_errors=True)


def test_an_up_that_was_killed_half_way_is_finished_by_the_next(home):
    environment = {**os.environ, "TRII_HOME": str(home)}
    for step in ("schema", "data"):  # the kill comes during the step after this one
        with subprocess.Popen(
            [TRII, "up"],
            env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as first:  # fmt: skip

            def done(step=step):
                state = states.load(home)
                return state is not None and step in state.steps

            assert wait_until(done, timeout_s=180, alive=lambda p=first: p.poll() is None)
            os.kill(first.pid, signal.SIGKILL)
    finished = subprocess.run(
        [TRII, "up", "--json"], env=environment, capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stderr
    summary = json.loads(finished.stdout)
    assert summary["ready"]
    assert summary["backtest"]["state"] == "done"


def test_a_port_taken_by_a_stranger_is_named_with_the_stranger(home):
    environment = {**os.environ, "TRII_HOME": str(home)}
    with subprocess.Popen(
        [sys.executable, "-c", "import socket,sys; s=socket.create_server(('127.0.0.1',0));"
         "print(s.getsockname()[1], flush=True); sys.stdin.read()"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as stranger:  # fmt: skip
        port = int(stranger.stdout.readline())
        taken = environment | {"TRII_POSTGRES_PORT": str(port)}
        done = subprocess.run([TRII, "up"], env=taken, capture_output=True, text=True, check=False)
        stranger.communicate(b"")
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert f"port {port} of postgres is taken by" in last
    assert f"(PID {stranger.pid})" in last
