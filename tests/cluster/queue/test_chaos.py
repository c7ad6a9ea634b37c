"""Parts of a real platform are killed under jobs in every state: none is lost, none runs twice.

Each job appends to a file of its own when it begins and when it ends: that file is the proof.
"""

import os
import shutil
import signal
import tempfile
from functools import partial
from pathlib import Path

import psutil
import pytest

from cluster.clock import utc_now
from cluster.errors import TriiError
from cluster.laptop import lifecycle, processes
from cluster.laptop import state as states
from cluster.laptop.context import Platform
from cluster.laptop.postgres import Postgres
from cluster.laptop.progress import StepLines
from cluster.laptop.ray_node import RayNode
from cluster.laptop.steps import STEPS
from cluster.queue import commands as queue
from cluster.queue import folder
from cluster.requests.job import JobRequest
from cluster.waiting import wait_until
from deployments import deploy

pytestmark = [pytest.mark.long, pytest.mark.restarts]
WAIT_S = 180.0  # a bound, not a promise


class Chaos:
    """A platform with the application `control`, and the jobs of one test on it."""

    def __init__(self, platform, folder):
        self.platform, self.folder = platform, folder
        self.settings = platform.settings

    def submit(self, name, **changes):
        """A job that begins, waits for the file `go`, and ends."""
        proof = self.folder / name
        lines = [
            "import os, time",
            f"open({str(proof)!r}, 'a').write('begin\\n')",
            f"while not os.path.exists({str(self.folder / 'go')!r}):",
            "    time.sleep(0.05)",
            f"open({str(proof)!r}, 'a').write('end\\n')",
        ]
        return self.submit_code(*lines, **changes)

    def submit_code(self, *lines, **changes):
        request = JobRequest(module="timeit", arguments=("-n", "1", "-r", "1", *lines), **changes)
        user = self.folder.name
        return queue.submit(self.settings, request, user_id=user, now=utc_now()).id

    def proof(self, name):
        path = self.folder / name
        return path.read_text().split() if path.exists() else []

    def go(self):
        (self.folder / "go").touch()

    def until(self, job_id, *wanted):
        def there():
            try:
                return queue.get(self.settings, job_id).state in wanted
            except TriiError:  # PostgreSQL is not back yet
                return False

        assert wait_until(there, timeout_s=WAIT_S), queue.get(self.settings, job_id)
        return queue.get(self.settings, job_id)

    def in_every_state(self, *, others=0):
        """One job each that is running, handed over and waiting for room in Ray, and queued.

        `others` are jobs that run already.
        """
        running = self.submit("running")
        self.until(running, "running")
        handed_over = self.waits_in_ray(jobs=1 + others)
        queued = self.submit("queued", after=(running,))
        return running, handed_over, queued

    def waits_in_ray(self, *, jobs=0):
        """A job that was handed over: what a task of another one holds is not counted by the queue.

        `jobs` run already.
        """
        self.submit_code(
            "import os, ray, time",
            "def hold():",
            f"    open({str(self.folder / 'held')!r}, 'a').write('begin\\n')",
            f"    while not os.path.exists({str(self.folder / 'go')!r}):",
            "        time.sleep(0.05)",
            "ray.init()",
            "ray.get(ray.remote(hold).options(num_cpus=0.1).remote())",
        )
        assert wait_until(lambda: self.proof("held"), timeout_s=WAIT_S)
        # What is left beside the replica of `control`, that job and the others, less half a tenth.
        handed_over = self.submit("submitting", cpus=self.all_cpus() - 0.25 - jobs / 10)
        self.until(handed_over, "submitting")
        return handed_over

    def all_cpus(self):
        return max(8, os.cpu_count() or 1)

    def kill(self, *words):
        """SIGKILL to every process of the platform whose command has all the words."""
        found = [p for p in processes.marked(self.platform.state.platform_id) if _has(p, words)]
        for process in found:
            process.send_signal(signal.SIGKILL)
        return found


def _has(process, words):
    try:
        command = " ".join(process.cmdline())
    except psutil.Error:
        return False
    return all(word in command for word in words)


@pytest.fixture(scope="module")
def small_platform():
    home = Path(tempfile.mkdtemp(prefix="trii-chaos-"))
    home.chmod(0o711)
    try:
        with pytest.MonkeyPatch.context() as patch:
            schema = tuple(step for step in STEPS if step.name == "schema")
            patch.setattr(lifecycle, "STEPS", schema)  # no data, no models
            settings = lifecycle.up(home, clock=utc_now, progress=StepLines())
        deploy.start_control(settings, progress=print)
        yield Platform(settings, states.load(home))
    finally:
        lifecycle.down(home, progress=StepLines())
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def chaos(small_platform, tmp_path):
    return Chaos(small_platform, tmp_path)


def all_ran_once(chaos, jobs):
    chaos.go()
    for name, job_id in zip(("running", "submitting", "queued"), jobs, strict=True):
        job = chaos.until(job_id, "succeeded", "failed")
        assert (job.state, job.attempt) == ("succeeded", 1), job
        assert chaos.proof(name) == ["begin", "end"]
        assert "timeit" in folder.kept_log(chaos.settings, job_id).text


def test_a_killed_control_replica_loses_and_doubles_nothing(chaos):
    jobs = chaos.in_every_state()
    assert chaos.kill("ServeReplica:control")
    all_ran_once(chaos, jobs)


def test_a_stopped_postgresql_loses_and_doubles_nothing(chaos):
    jobs = chaos.in_every_state()
    with states.exclusive(chaos.settings.home):  # so that the supervisor leaves it to the test
        Postgres().stop(chaos.platform)
        chaos.go()  # the running one ends while nobody can write it down
        assert wait_until(lambda: chaos.proof("running") == ["begin", "end"], timeout_s=60)
        Postgres().start(chaos.platform)
    all_ran_once(chaos, jobs)


@pytest.mark.parametrize(
    ("resumable", "end", "proof"),
    [(True, "succeeded", ["begin", "begin", "end"]), (False, "failed", ["begin"])],
)
def test_a_killed_driver_is_tried_again_only_where_that_does_no_harm(chaos, resumable, end, proof):
    job_id = chaos.submit("driver", resumable=resumable)
    assert wait_until(lambda: chaos.proof("driver") == ["begin"], timeout_s=WAIT_S)
    assert chaos.kill("timeit", str(chaos.folder / "driver"))
    if resumable:
        assert wait_until(lambda: len(chaos.proof("driver")) == 2, timeout_s=WAIT_S)
    chaos.go()
    job = chaos.until(job_id, "succeeded", "failed")
    assert (job.state, chaos.proof("driver")) == (end, proof)
    if not resumable:
        assert "its driver was killed (SIGKILL)" in job.reason


def test_a_job_that_waits_for_room_in_ray_is_cancelled_at_once_and_never_runs(chaos):
    job_id = chaos.waits_in_ray()
    queue.cancel(chaos.settings, job_id, now=utc_now())
    assert chaos.until(job_id, "cancelled").reason == "cancelled by its user"
    chaos.go()  # Ray has room for it now
    again = chaos.submit("again", cpus=chaos.all_cpus() - 0.25)
    assert chaos.until(again, "succeeded", "failed").state == "succeeded"
    assert chaos.proof("submitting") == []


def test_a_job_waits_in_the_queue_for_what_replicas_hold_and_others_pass(chaos):
    chaos.go()
    too_large = chaos.submit("too-large", cpus=chaos.all_cpus())
    small = chaos.submit("small")
    assert chaos.until(small, "succeeded", "failed").state == "succeeded"
    waits = queue.get(chaos.settings, too_large)
    assert (waits.state, "beside what applications" in waits.reason) == ("queued", True)
    assert queue.cancel(chaos.settings, too_large, now=utc_now()).state == "cancelled"


def gcs(chaos):
    """The GCS that runs; None while none does."""
    marked = processes.marked(chaos.platform.state.platform_id)
    return next((p for p in marked if _has(p, ["gcs_server"])), None)


def is_another(chaos, before):
    return gcs(chaos) not in {before, None}


def test_with_the_gcs_killed_again_and_again_each_job_ends_once(chaos):
    """As often as the supervisor starts it again. Jobs come while it is away, and just after."""
    jobs = {"first": chaos.submit("first")}
    assert wait_until(lambda: chaos.proof("first") == ["begin"], timeout_s=WAIT_S)
    for name in ("a", "b", "c", "d", "e"):
        before = gcs(chaos)
        before.send_signal(signal.SIGKILL)
        jobs[name] = chaos.submit(name)
        assert wait_until(partial(is_another, chaos, before), timeout_s=WAIT_S)
    assert wait_until(lambda: all(chaos.proof(name) for name in jobs), timeout_s=WAIT_S)
    chaos.go()
    for name, job_id in jobs.items():
        job = chaos.until(job_id, "succeeded", "failed")
        assert (job.state, job.attempt, chaos.proof(name)) == ("succeeded", 1, ["begin", "end"])


def test_after_a_restart_of_ray_nothing_runs_twice_but_what_may(chaos):
    free = chaos.submit("free", resumable=True)
    assert wait_until(lambda: chaos.proof("free") == ["begin"], timeout_s=WAIT_S)
    running, handed_over, queued = chaos.in_every_state(others=1)
    with states.exclusive(chaos.settings.home):  # so that the supervisor leaves it to the test
        RayNode().stop(chaos.platform)
        waiting = chaos.submit("waiting")
        RayNode().prepare(chaos.platform)
        RayNode().start(chaos.platform)
        deploy.start_control(chaos.settings, progress=print)
    assert wait_until(lambda: len(chaos.proof("free")) == 2, timeout_s=WAIT_S)
    chaos.go()
    assert chaos.until(handed_over, "failed").reason.startswith("lost with the cluster")
    # How it ended its driver may have told before it was gone itself.
    reason = chaos.until(running, "failed").reason
    assert reason.startswith(("lost with the cluster", "its driver was killed (SIGTERM)"))
    assert "depends on" in chaos.until(queued, "failed").reason
    assert chaos.until(free, "succeeded").attempt == 2
    assert chaos.until(waiting, "succeeded").attempt == 1
    assert chaos.proof("running") == ["begin"]
    assert chaos.proof("submitting") == chaos.proof("queued") == []
    assert chaos.proof("free") == ["begin", "begin", "end"]
    assert chaos.proof("waiting") == ["begin", "end"]
