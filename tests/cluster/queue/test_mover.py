"""The loop against the real PostgreSQL and a stand-in for Ray: crashes, restarts, losses."""

from pathlib import Path

import pytest

from cluster.control.leases import LostLease
from cluster.errors import Conflict
from cluster.fleet.pools import Node
from cluster.fleet.ray_api import RayAway
from cluster.queue import commands as queue
from cluster.queue import folder, keeper
from cluster.queue.ray_jobs import NotNow
from cluster.queue.rules.limits import Holder
from tests.cluster.queue.conftest import Bench
from tests.cluster.queue.fake_ray import Crash


def test_a_job_goes_from_queued_to_succeeded_and_its_log_is_kept(bench):
    job = bench.submit()
    assert job.state == "queued"
    bench.mover.turn()
    assert bench.state(job.id) == "submitting"
    bench.ray.run()
    bench.mover.turn()
    assert bench.state(job.id) == "running"
    bench.ray.end(job.id, "SUCCEEDED")
    bench.mover.turn()
    done = bench.job(job.id)
    assert (done.state, done.ended_at, done.submission_id) == ("succeeded", bench.now, job.id)
    assert "some.module" in folder.kept_log(bench.settings, job.id).text
    bench.ray.restart()
    assert "some.module" in queue.log(bench.settings, done).text


def crash(mover):
    with pytest.raises(Crash):
        mover.turn()


@pytest.mark.parametrize("call", range(1, 9))
def test_a_loop_that_dies_at_any_call_neither_loses_a_job_nor_runs_it_twice(bench, call):
    job = bench.submit()
    bench.ray.crash_in = call
    try:
        for _ in range(4):
            bench.mover.turn()
            bench.ray.run()
            if job.id in bench.ray.live():
                bench.ray.end(job.id, "SUCCEEDED")
    except Crash:
        pass
    bench.take_over()
    for _ in range(4):
        bench.mover.turn()
        bench.ray.run()
        if job.id in bench.ray.live():
            bench.ray.end(job.id, "SUCCEEDED")
    assert bench.state(job.id) == "succeeded"
    assert bench.ray.started == [job.id]


def dies_behind_the_handing_over(bench):
    """The loop dies after Ray has taken the job and before that is written down."""
    bench.ray.crash_in, bench.ray.crash_behind = 5, True  # session, jobs, nodes, holders, submit
    crash(bench.mover)
    bench.take_over()
    bench.ray.run()


def test_a_loop_that_dies_before_it_reads_rays_answer_asks_again_and_nothing_runs_twice(bench):
    job = bench.submit()
    dies_behind_the_handing_over(bench)
    assert (bench.state(job.id), bench.job(job.id).submitted_at) == ("submitting", None)
    bench.mover.turn()
    assert bench.state(job.id) == "running"
    assert bench.ray.started == [job.id]


@pytest.mark.parametrize(("resumable", "state"), [(False, "failed"), (True, "queued")])
def test_what_may_have_run_in_a_cluster_that_was_lost_is_not_taken_for_never_handed_over(
    bench, resumable, state
):
    job = bench.submit(resumable=resumable)
    dies_behind_the_handing_over(bench)
    bench.ray.restart()
    bench.mover.turn()
    assert bench.state(job.id) == state
    for _ in range(3):
        bench.mover.turn()
        bench.ray.run()
    assert bench.ray.started == ([job.id, f"{job.id}-2"] if resumable else [job.id])


def test_a_job_that_ray_never_got_is_handed_over_again_to_a_new_cluster(bench):
    job = bench.submit()
    real = bench.ray.submit

    def nobody_there(*given):
        bench.ray.away = True
        real(*given)

    bench.ray.submit = nobody_there
    bench.mover.turn()
    assert bench.state(job.id) == "submitting"
    bench.ray.submit, bench.ray.away = real, False
    bench.ray.restart()
    bench.to_running(job.id)
    assert bench.ray.started == [job.id]


def test_a_job_that_may_have_run_is_not_run_again_after_the_cluster_is_lost(bench):
    job = bench.submit()
    bench.to_running(job.id)
    bench.ray.restart()
    bench.mover.turn()
    lost = bench.job(job.id)
    assert (lost.state, lost.reason[:21]) == ("failed", "lost with the cluster")
    assert bench.ray.started == [job.id]


def test_a_resumable_job_is_queued_again_as_another_attempt(bench):
    job = bench.submit(resumable=True)
    bench.to_running(job.id)
    bench.ray.restart()
    bench.mover.turn()
    waiting = bench.job(job.id)
    assert waiting.state == "queued"
    assert waiting.reason == "lost with the cluster (attempt 1 of 3); queued again"
    bench.to_running(job.id)
    assert bench.ray.started == [job.id, f"{job.id}-2"]
    outcomes = [one.outcome for one in queue.attempts(bench.settings, job.id)]
    assert outcomes == ["lost with the cluster (attempt 1 of 3); queued again", None]


def test_a_killed_driver_is_tried_again_and_bad_input_is_not(bench):
    killed, wrong = bench.submit(max_attempts=2), bench.submit(max_attempts=2)
    bench.to_running(killed.id, wrong.id)
    bench.ray.fail(killed.id, -9)
    bench.ray.fail(wrong.id, 2)
    bench.mover.turn()
    assert bench.state(killed.id) == "queued"
    assert bench.job(wrong.id).reason == "bad input: the end"
    assert (folder.folder(bench.settings, killed.id) / "log-1.txt").exists()
    bench.to_running(killed.id)
    bench.ray.fail(f"{killed.id}-2", 137)
    bench.mover.turn()
    assert bench.job(killed.id).reason == "its driver was killed (SIGKILL) (attempt 2 of 2)"


def test_an_older_loop_can_write_nothing_once_another_leads(bench):
    job = bench.submit()
    old = bench.mover
    bench.take_over()
    with pytest.raises(LostLease):
        old.turn()
    assert bench.state(job.id) == "queued"
    assert bench.ray.live() == []


def test_an_attempt_that_came_too_late_is_stopped(bench):
    job = bench.submit(resumable=True)
    bench.to_running(job.id)
    seen = bench.job(job.id)
    bench.ray.restart()
    bench.mover.turn()
    bench.ray.submit(seen, job.id)  # an old loop's request, held up until now
    bench.mover.turn()
    bench.mover.turn()
    assert job.id in bench.ray.stopped
    assert bench.ray.live() == [f"{job.id}-2"]


def test_a_queued_job_is_cancelled_at_once_and_a_running_one_through_ray(bench):
    first, second = bench.submit(), bench.submit()
    assert queue.cancel(bench.settings, second.id, now=bench.now).state == "cancelled"
    bench.to_running(first.id)
    assert queue.cancel(bench.settings, first.id, now=bench.now).state == "running"
    bench.mover.turn()
    bench.mover.turn()
    assert bench.ray.stopped == [first.id]
    assert bench.job(first.id).reason == "cancelled by its user"
    with pytest.raises(Conflict, match="is cancelled already"):
        queue.cancel(bench.settings, first.id, now=bench.now)


def test_what_somebody_wants_cancelled_is_not_tried_again(bench):
    job = bench.submit(max_attempts=3)
    bench.to_running(job.id)
    queue.cancel(bench.settings, job.id, now=bench.now)
    bench.ray.fail(job.id, -9)
    bench.mover.turn()
    assert bench.state(job.id) == "cancelled"


def test_a_failed_job_can_be_retried_under_its_id(bench):
    job = bench.submit()
    bench.to_running(job.id)
    with pytest.raises(Conflict, match="is running"):
        queue.retry(bench.settings, job.id, now=bench.now)
    bench.ray.fail(job.id, 1)
    bench.mover.turn()
    assert queue.retry(bench.settings, job.id, now=bench.now).max_attempts == 2
    bench.to_running(job.id)
    bench.ray.end(f"{job.id}-2", "SUCCEEDED")
    bench.mover.turn()
    with pytest.raises(Conflict, match="is succeeded"):
        queue.retry(bench.settings, job.id, now=bench.now)


def test_a_dependent_waits_and_fails_with_what_it_depends_on(bench):
    first = bench.submit()
    second = bench.submit(after=(first.id,))
    bench.to_running(first.id)
    assert bench.job(second.id).reason == f"depends on {first.id} (running)"
    bench.ray.fail(first.id, 1)
    bench.mover.turn()
    bench.mover.turn()
    failed = bench.job(second.id)
    assert (failed.state, failed.reason) == ("failed", f"depends on {first.id}, which failed")


def test_a_job_that_does_not_start_by_its_deadline_expires(bench, set_quota):
    set_quota("ada", running=1)
    first = bench.submit()
    late = bench.submit(deadline=bench.now.replace(hour=13))
    bench.to_running(first.id)
    assert bench.job(late.id).reason.startswith("quota: ada runs 1 of 1 jobs; free when ")
    bench.later(hours=1)
    bench.mover.turn()
    assert bench.state(late.id) == "expired"


def test_while_ray_is_away_jobs_are_taken_in_and_none_is_touched(bench):
    first = bench.submit()
    bench.to_running(first.id)
    bench.ray.away = True
    second = bench.submit()
    bench.mover.turn()
    assert [bench.state(one.id) for one in (first, second)] == ["running", "queued"]


def test_a_job_that_ray_refuses_fails_with_rays_reason(bench):
    job = bench.submit()
    bench.ray.refuses = True
    bench.mover.turn()
    assert (bench.state(job.id), bench.job(job.id).reason) == ("failed", "Ray refused the job: no")


def test_a_full_disk_keeps_no_job_from_running_or_ending(bench, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folder, "keep_log", full)
    monkeypatch.setattr(Path, "mkdir", full)
    job = bench.submit()
    bench.to_running(job.id)
    bench.ray.end(job.id, "SUCCEEDED")
    bench.mover.turn()
    assert bench.state(job.id) == "succeeded"


def test_a_job_whose_bundle_is_out_of_reach_waits_alone_and_starts_once_it_is_back(
    bench, monkeypatch
):
    own, other = bench.submit(), bench.submit()
    submit = bench.ray.submit

    def out_of_reach(job, name):
        if job.id == own.id:
            raise NotNow("s3://bucket: away")
        submit(job, name)

    with monkeypatch.context() as away:
        away.setattr(bench.ray, "submit", out_of_reach)
        bench.mover.turn()
        bench.ray.restart()  # what Ray never got is not lost with it
        bench.mover.turn()
    assert bench.state(own.id) == "submitting"
    assert bench.job(own.id).session is None
    bench.to_running(own.id)
    assert bench.job(own.id).attempt == 1
    assert bench.state(other.id) == "failed"  # Ray had it, and lost it


def test_the_log_of_a_running_job_is_kept_now_and_then_for_a_node_that_is_lost(bench):
    job = bench.submit(resumable=True)
    bench.to_running(job.id)
    bench.mover.turn()
    bench.ray.restart()
    bench.mover.turn()
    assert "some.module" in (folder.folder(bench.settings, job.id) / "log-1.txt").read_text()


def test_a_job_that_does_not_stop_is_asked_again_after_a_while(bench):
    asked = []
    job = bench.submit()
    bench.to_running(job.id)
    bench.ray.stop = asked.append
    queue.cancel(bench.settings, job.id, now=bench.now)
    for seconds in (0, 1, 11):
        bench.later(seconds=seconds)
        bench.mover.turn()
    assert asked == [job.id, job.id]


def test_whatever_a_job_prints_before_it_fails_its_end_is_written_down(bench):
    job, other = bench.submit(), bench.submit("bob")
    bench.to_running(job.id, other.id)
    bench.ray.fail(job.id, 1, words="\x1b[31mno\0th\ud800ing")
    bench.ray.end(other.id, "SUCCEEDED")
    bench.mover.turn()
    assert bench.state(other.id) == "succeeded"
    assert bench.job(job.id).reason == "exit status 1: \ufffd[31mno\ufffdth\ufffding"


def test_a_job_that_ray_does_not_answer_for_keeps_no_other_waiting(bench):
    before = bench.submit("bob")
    bench.to_running(before.id)
    silent, real = bench.submit(), bench.ray.submit

    def submit(job, name):
        if job.id == silent.id:
            raise RayAway("Ray took no job")
        real(job, name)

    bench.ray.submit = submit
    bench.mover.turn()
    behind = bench.submit("cy")
    bench.ray.end(before.id, "SUCCEEDED")
    bench.mover.turn()
    states = [bench.state(one.id) for one in (before, silent, behind)]
    assert states == ["succeeded", "submitting", "submitting"]
    bench.ray.submit = real
    bench.to_running(silent.id, behind.id)
    assert bench.ray.started.count(silent.id) == 1


def test_a_cluster_that_is_replaced_between_two_questions_runs_nothing_twice(bench):
    job = bench.submit()
    dies_behind_the_handing_over(bench)
    session, jobs = bench.ray.session, bench.ray.jobs

    def after(ask):
        def answer():
            told = ask()
            bench.ray.session, bench.ray.jobs = session, jobs
            bench.ray.restart()
            return told

        return answer

    bench.ray.session, bench.ray.jobs = after(session), after(jobs)
    for _ in range(3):
        bench.mover.turn()
        bench.ray.run()
    assert bench.ray.started == [job.id]


def test_a_job_that_began_by_its_deadline_is_tried_again_behind_it(bench):
    job = bench.submit(resumable=True, deadline=bench.now.replace(hour=13))
    bench.to_running(job.id)
    bench.later(hours=2)
    bench.ray.restart()
    bench.mover.turn()
    bench.to_running(job.id)
    assert bench.ray.started == [job.id, f"{job.id}-2"]


def test_an_attempt_that_never_began_does_not_outlast_the_deadline(bench):
    job = bench.submit(resumable=True, deadline=bench.now.replace(hour=13))
    bench.mover.turn()
    bench.later(hours=2)
    bench.ray.restart()
    bench.mover.turn()
    bench.mover.turn()
    assert (bench.state(job.id), bench.ray.started) == ("expired", [])


def test_of_a_running_job_with_a_huge_log_the_beginning_is_kept(bench, monkeypatch):
    monkeypatch.setattr(keeper, "_SNAPSHOT_LIMIT", 30)
    job = bench.submit()
    bench.to_running(job.id)
    bench.mover.turn()
    assert (
        folder.kept_log(bench.settings, job.id).text == f"Running entrypoint for job {job.id}"[:30]
    )


def test_where_one_job_has_room_users_take_turns(bench):
    bench.ray.pools = {"batch": (Node(0.1),)}
    first, second = bench.submit("ada"), bench.submit("ada")
    other = bench.submit("bob")
    bench.to_running(first.id)
    bench.ray.end(first.id, "SUCCEEDED")
    bench.to_running(other.id)
    assert bench.state(second.id) == "queued"


def test_only_in_a_pool_that_grows_a_job_starts_before_there_is_a_node(clean):
    grown = clean.model_copy(
        update={"pools": ("batch", "gpu", "gpu-spot"), "pools_that_grow": ("gpu",)}
    )
    bench = Bench(grown)
    bench.ray.pools |= {"gpu": (), "gpu-spot": ()}
    growing = bench.submit(pool="gpu", gpus=1.0).id
    fixed = bench.submit(pool="gpu-spot", gpus=1.0).id
    bench.mover.turn()
    assert (bench.state(growing), bench.state(fixed)) == ("submitting", "queued")
    assert bench.job(fixed).reason == "pool gpu-spot has no node"
    assert "a further node mostly joins within" in bench.job(growing).waits_for
    bench.ray.run()
    bench.mover.turn()
    assert (bench.state(growing), bench.job(growing).reason) == ("running", "")
    bench.close()


def test_a_job_that_needs_what_replicas_hold_waits_in_the_queue_with_the_reason(bench):
    bench.ray.pools = {"batch": (Node(8.0, id="n1"),)}
    bench.ray.held = [Holder("n1", 6.0)]
    job = bench.submit(cpus=4.0)
    bench.mover.turn()
    assert bench.state(job.id) == "queued"
    assert "beside what applications" in bench.job(job.id).reason
    bench.ray.held = [Holder("n1", 3.0)]
    bench.mover.turn()
    assert bench.state(job.id) == "submitting"
