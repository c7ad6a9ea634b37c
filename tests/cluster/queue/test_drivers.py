"""Ray calls a job failed or does not know it: what its driver tells stands, and none runs twice."""

import pytest

from cluster.queue import commands as queue
from cluster.queue import folder, pulse
from cluster.queue.pulse import SILENT_S, Pulse

UNKNOWN = "JOB_SUPERVISOR_ACTOR_UNKNOWN_FAILURE"
DOUBTED = [
    UNKNOWN,
    "JOB_SUPERVISOR_ACTOR_DIED",
    "JOB_SUPERVISOR_ACTOR_START_FAILURE",
    "JOB_ENTRYPOINT_COMMAND_START_ERROR",
]


@pytest.fixture
def running(bench):
    """A job that runs, and what its driver tells; it may be tried three times."""

    class Running:
        job = bench.submit(resumable=True, max_attempts=3)
        place = folder.folder(bench.settings, job.id)

        def tell(self, *words, **fields):
            pulse.tell(self.place, self.job.id, Pulse(*words, **fields))

        def fail(self, kind=UNKNOWN):
            bench.ray.end(self.job.id, "FAILED", error_type=kind, message="Unexpected error")

        @property
        def state(self):
            return bench.state(self.job.id)

    bench.to_running(Running.job.id)
    return Running()


@pytest.mark.parametrize("kind", DOUBTED)
def test_a_job_that_ray_calls_failed_runs_on_while_its_driver_lives(bench, running, kind):
    running.fail(kind)
    for beats in range(1, 6):
        running.tell(beats)
        bench.mover.turn()
        assert running.state == "running"
        bench.later(seconds=SILENT_S - 1)
    running.tell(6, 0)
    bench.mover.turn()
    assert running.state == "succeeded"
    assert bench.ray.started == [running.job.id]


def test_a_failure_that_only_its_driver_could_tell_has_its_words(bench, running):
    bench.ray._logs[running.job.id] += "error: no such universe\n"
    running.fail()
    running.tell(3, 2)
    bench.mover.turn()
    assert (running.state, bench.job(running.job.id).reason) == (
        "failed",
        "bad input: no such universe",
    )


def test_a_driver_that_fell_silent_is_tried_again_and_may_not_come_back(bench, running):
    running.fail()
    running.tell(7)
    bench.mover.turn()
    bench.later(seconds=SILENT_S)
    bench.mover.turn()
    assert running.state in {"queued", "submitting"}
    assert pulse.is_forbidden(running.place, running.job.id)
    assert not pulse.is_forbidden(running.place, f"{running.job.id}-2")


def test_a_new_leader_hears_for_itself_before_it_gives_a_driver_up(bench, running):
    running.fail()
    running.tell(7)
    bench.mover.turn()
    bench.later(seconds=SILENT_S)
    bench.take_over().turn()
    assert running.state == "running"


def test_a_driver_that_never_began_is_forbidden_before_another_is_started(bench, running):
    running.fail()
    bench.mover.turn()
    assert running.state in {"queued", "submitting"}
    assert pulse.is_forbidden(running.place, running.job.id)


def test_what_ended_in_a_cluster_that_forgot_it_is_not_run_again(bench, running):
    running.tell(9, 0)
    bench.ray.restart()
    bench.mover.turn()
    assert running.state == "succeeded"


def test_a_cancelled_job_whose_supervision_is_gone_is_told_by_its_folder(bench, running):
    running.fail()
    running.tell(1)
    queue.cancel(bench.settings, running.job.id, now=bench.now)
    bench.mover.turn()
    assert running.state == "running"
    assert pulse.is_forbidden(running.place, running.job.id)
    running.tell(2, forbidden=True)
    bench.mover.turn()
    assert running.state == "cancelled"


def test_a_job_that_waits_for_room_in_ray_is_cancelled_at_once_and_can_not_begin(bench):
    job = bench.submit()
    bench.mover.turn()
    assert bench.state(job.id) == "submitting"
    queue.cancel(bench.settings, job.id, now=bench.now)
    bench.ray.stop = lambda name: None  # as Ray does where a supervisor has not started
    bench.mover.turn()
    assert bench.state(job.id) == "cancelled"
    assert pulse.is_forbidden(folder.folder(bench.settings, job.id), job.id)


def test_a_folder_that_can_not_be_read_decides_nothing_and_holds_up_nobody(bench, running):
    other = bench.submit()
    running.fail()
    running.place.remove()
    running.place.path.write_text("in the way")
    bench.mover.turn()
    assert running.state == "running"
    assert bench.state(other.id) == "submitting"
