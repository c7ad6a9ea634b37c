"""What runs a job's module tells how it ended, ends as it did, and begins nothing that is forbidden."""

import os
import signal
import subprocess
import sys

import psutil
import pytest

from cluster.queue import pulse
from cluster.queue.pulse import Pulse
from cluster.stores.disk import Disk
from cluster.waiting import wait_until

ATTEMPT = "study-1"
WAITS = (
    "python",
    "-m",
    "timeit",
    "-n1",
    "-r1",
    "import time; print('begun', flush=True); time.sleep(60)",
)


@pytest.fixture
def driver(tmp_path):
    """Start a module's driver in a folder of its own; gives its process."""
    started = []

    def start(*words, cwd=tmp_path):
        variables = {"TRII_JOB_FOLDER": str(tmp_path / "job"), "TRII_JOB_ATTEMPT": ATTEMPT}
        started.append(
            subprocess.Popen(
                [sys.executable, "-I", "-m", "cluster.queue.driving", *words],
                env={**os.environ, **variables}, cwd=cwd, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            )
        )  # fmt: skip
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def folder(tmp_path):
    return Disk(tmp_path / "job")


@pytest.mark.parametrize("status", [0, 1, 2])
def test_it_ends_as_the_module_did_and_tells_it(driver, folder, tmp_path, status):
    (tmp_path / "study.py").write_text(f"raise SystemExit({status})\n")
    process = driver("python", "-m", "study")
    assert process.wait(timeout=60) == status
    assert pulse.read(folder, ATTEMPT).exit_status == status


def test_a_module_that_was_killed_is_told_and_looks_killed(driver, folder):
    process = driver(*WAITS)
    assert process.stdout.readline() == "begun\n"
    (module,) = psutil.Process(process.pid).children()
    assert module.nice() == 10
    module.kill()
    assert process.wait(timeout=60) == -signal.SIGKILL
    assert pulse.read(folder, ATTEMPT).exit_status == -signal.SIGKILL


def test_with_its_driver_a_module_is_gone(driver, folder):
    process = driver(*WAITS)
    assert process.stdout.readline() == "begun\n"
    (module,) = psutil.Process(process.pid).children()
    process.kill()
    assert wait_until(lambda: not module.is_running(), timeout_s=30)
    assert pulse.read(folder, ATTEMPT) == Pulse(1)


def test_what_was_forbidden_before_does_not_begin(driver, folder):
    pulse.forbid(folder, ATTEMPT)
    process = driver("python", "-m", "timeit", "-n1", "-r1", "print('begun')")
    assert "begun" not in process.communicate(timeout=60)[0]
    assert pulse.read(folder, ATTEMPT).forbidden


def test_what_is_forbidden_ends_though_nobody_sends_it_a_signal(driver, folder):
    process = driver(*WAITS)
    assert process.stdout.readline() == "begun\n"
    pulse.forbid(folder, ATTEMPT)
    assert process.wait(timeout=60) == -signal.SIGTERM
    assert pulse.read(folder, ATTEMPT).forbidden


def test_a_folder_that_can_not_be_written_ends_no_job(driver, tmp_path):
    (tmp_path / "job").write_text("in the way")
    process = driver("python", "-m", "timeit", "-n1", "-r1", "print('done')")
    said = process.communicate(timeout=60)[0]
    assert (process.returncode, said.count("can't be written")) == (0, 1)
    assert "done" in said


def test_code_of_the_jobs_own_does_not_stand_in_for_the_platforms(driver, tmp_path, folder):
    (tmp_path / "cluster").mkdir()
    (tmp_path / "cluster/__init__.py").write_text("raise SystemExit(7)\n")
    assert driver("python", "-m", "timeit", "-n1", "-r1", "pass").wait(timeout=60) == 0
    assert pulse.read(folder, ATTEMPT).exit_status == 0


def test_what_a_job_puts_in_the_place_of_its_pulse_holds_up_nobody(folder, tmp_path):
    """A pipe without a writer, a link to another's word, and more than any driver tells."""
    place = folder / f".driver-{ATTEMPT}"
    pulse.tell(folder, "other", Pulse(1, 0))
    for put in (
        lambda: os.mkfifo(place),
        lambda: place.path.symlink_to(folder / ".driver-other"),
        lambda: place.write_bytes(b" " * 2**20 + b'{"beats": 1}'),
    ):
        put()
        assert pulse.read(folder, ATTEMPT) is None
        place.remove()


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"hearts": 2}'])
def test_what_tells_nothing_counts_as_nothing(folder, text):
    (folder / f".driver-{ATTEMPT}").write_bytes(text.encode())
    assert pulse.read(folder, ATTEMPT) is None
