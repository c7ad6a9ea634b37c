"""The supervisor's watch over small real processes; what starts them again is the tests' own."""

import os
import shutil
import signal
import subprocess
import sys

import psutil
import pytest

from cluster.laptop import processes, restarts
from cluster.laptop import state as states
from cluster.laptop.restarts import BUSY, Restarts
from cluster.laptop.state import Part
from cluster.laptop.supervision import patience
from cluster.laptop.supervision.watch import Watch
from cluster.waiting import wait_until
from tests import quiet


class Home:
    """A platform of sleeping processes. `ending` is how the next starts end: status and last word."""

    def __init__(self, folder):
        self.folder = folder
        self.ending = (0, "on port 1")
        self.started = []
        self.spawned = []
        self.doers = []
        state = states.create(folder, {})
        self.runtime_dir = state.runtime_dir
        states.save(folder, state)
        self.watch = Watch(folder, start=self.start)

    def spawn(self, name, *, part=False):
        process = processes.spawn(
            ["sleep", "60"], environment=os.environ, log=self.folder / f"{name}.log"
        )
        self.spawned.append(process)
        state = states.load(self.folder)
        if part:
            state.parts[name] = Part(process, ["sleep", "60"], {})
        else:
            state.processes[name] = process
        states.save(self.folder, state)
        return process

    def start(self, name):
        self.started.append(name)
        status, word = self.ending
        if status == 0:
            self.spawn(name, part=name in states.load(self.folder).parts)
        doer = subprocess.Popen(
            ["sh", "-c", f"echo {word}; exit {status}"], stdout=subprocess.PIPE, text=True
        )
        self.doers.append(doer)
        return doer

    def kill(self, process):
        os.kill(process.pid, signal.SIGKILL)
        assert wait_until(lambda: not processes.is_alive(process), timeout_s=5, every_s=0.01)

    def until(self, condition):
        """Turn until it holds."""
        assert wait_until(lambda: bool(self.watch.turn()) and condition(), timeout_s=20, every_s=0)

    def told(self, name):
        return restarts.load(self.folder).get(name, Restarts())


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setattr(patience, "PAUSES_S", (0.0,) * 3)
    monkeypatch.setattr("cluster.laptop.supervision.watch._LOOK_S", 0.02)
    made = Home(tmp_path)
    yield made
    for doer in made.doers:
        doer.wait(5)
        doer.stdout.close()
    for process in made.spawned:
        processes.terminate(process, timeout_s=5)
    shutil.rmtree(made.runtime_dir)


def test_what_is_killed_runs_again_and_is_told_and_its_neighbours_are_left_alone(home):
    valkey, neighbour = home.spawn("valkey"), home.spawn("postgres")
    home.watch.turn()
    home.kill(valkey)
    home.until(lambda: home.told("valkey").count)
    assert home.started == ["valkey"]
    state = states.load(home.folder)
    assert processes.is_alive(state.processes["valkey"])
    assert state.processes["postgres"] == neighbour
    told = home.told("valkey")
    assert told.reason.startswith(f"PID {valkey.pid} ended; on port 1, ")
    assert told.at.endswith("+00:00")
    home.kill(state.processes["valkey"])
    home.until(lambda: home.told("valkey").count == 2)


def test_nothing_is_started_while_an_up_or_down_is_at_work(home):
    valkey = home.spawn("valkey")
    with states.exclusive(home.folder):
        home.kill(valkey)
        for _ in range(3):
            home.watch.turn()
        assert home.started == []
    home.until(lambda: home.told("valkey").count == 1)


def test_a_start_that_gave_way_to_an_up_is_tried_again_and_counts_for_nothing(home):
    valkey = home.spawn("valkey")
    home.ending = (BUSY, "")
    home.kill(valkey)
    home.until(lambda: len(home.started) > len(patience.PAUSES_S) + 1)
    assert home.told("valkey") == Restarts()
    home.ending = (0, "well")
    home.until(lambda: home.told("valkey").count == 1)


def test_what_does_not_come_back_is_given_up_with_its_reason_until_it_is_started_by_hand(home):
    valkey, neighbour = home.spawn("valkey"), home.spawn("postgres")
    home.ending = (1, "valkey did not start: no memory")
    home.kill(valkey)
    home.until(lambda: home.told("valkey").given_up)
    told = home.told("valkey")
    assert told.reason == ("given up after 3 starts in 10 minutes: valkey did not start: no memory")
    assert told.count == 0
    for _ in range(3):
        home.watch.turn()
    assert len(home.started) == 3
    home.ending = (0, "on port 1")
    home.kill(neighbour)
    home.until(lambda: home.told("postgres").count == 1)
    by_hand = home.spawn("valkey")
    home.until(lambda: not home.told("valkey").given_up)
    home.kill(by_hand)
    home.until(lambda: home.told("valkey").count == 1)


def test_what_was_ended_on_purpose_stays_ended(home):
    valkey = home.spawn("valkey")
    home.watch.turn()
    with states.exclusive(home.folder):
        home.kill(valkey)
        state = states.load(home.folder)
        del state.processes["valkey"]
        states.save(home.folder, state)
    for _ in range(3):
        home.watch.turn()
    assert home.started == []


def test_a_part_is_started_again_alone_and_a_dead_node_as_a_whole(home):
    node, gcs = home.spawn("ray"), home.spawn("gcs", part=True)
    home.watch.turn()
    home.kill(gcs)
    home.until(lambda: home.told("gcs").count == 1)
    state = states.load(home.folder)
    assert state.processes["ray"] == node
    home.kill(state.parts["gcs"].process)
    home.kill(node)
    home.started.clear()
    home.until(lambda: home.told("ray").count == 1)
    assert home.started[0] == "ray"


def test_it_ends_with_the_platform(home):
    (home.folder / states.FILE).unlink()
    assert not home.watch.turn()


def test_the_process_itself_is_small(home):
    environment = {**os.environ, "TRII_HOME": str(home.folder)}
    environment.pop(quiet.CALLER, None)  # what measures coverage is not of it
    process = home.spawn("valkey")
    with (
        states.exclusive(home.folder),  # so that it begins nothing
        subprocess.Popen(
            [sys.executable, "-m", "cluster.laptop.supervision.watch"],
            env=environment, stdout=subprocess.PIPE, text=True,
        ) as watch,
    ):  # fmt: skip
        try:
            home.kill(process)
            assert f"valkey (PID {process.pid}) has ended" in watch.stdout.readline()
            assert psutil.Process(watch.pid).memory_info().rss < 40 * 2**20
        finally:
            watch.terminate()
