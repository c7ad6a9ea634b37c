"""One contract for Ray's job API and for its stand-in in the other tests."""

from datetime import timedelta
from pathlib import Path
from pkgutil import resolve_name

import httpx
import pytest

from cluster.bundles import bundle as bundles
from cluster.clock import utc_now
from cluster.fleet.ray_api import RayAway
from cluster.laptop import processes
from cluster.laptop import state as states
from cluster.queue import ray_jobs
from cluster.queue.behind import go_behind
from cluster.queue.ray_jobs import RayJobs, RayRefused
from cluster.security import keys
from cluster.security.tokens import Verifier
from cluster.settings import Settings
from cluster.waiting import wait_until
from tests.cluster.queue.fake_ray import FakeRay
from tests.job_rows import make_job

ENDED = {"SUCCEEDED", "FAILED", "STOPPED"}


class Real:
    """The real one; its jobs carry another mark than the queue's, which would stop them as strays."""

    def __init__(self, settings):
        self.jobs = RayJobs(settings)

    def until(self, name, *states):
        assert wait_until(lambda: self.jobs.jobs()[name].status in states, timeout_s=120)

    def finish(self, name):
        self.until(name, *ENDED)


class Fake:
    """The stand-in: `python -m sys` is a module that is not there, `http.server` runs for ever."""

    def __init__(self):
        self.jobs = FakeRay()

    def until(self, name, *states):
        self.jobs.run()

    def finish(self, name):
        self.jobs.run()
        job = self.jobs.jobs()[name]
        if job.status not in ENDED:
            if "no_such" in job.entrypoint:
                self.jobs.fail(name, 1)
            else:
                self.jobs.end(name, "SUCCEEDED", exit_code=0)


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.platform)])
def ray(request, monkeypatch):
    if request.param == "fake":
        yield Fake()
        return
    monkeypatch.setattr(ray_jobs, "JOB_KEY", "contract")
    real = Real(request.getfixturevalue("platform"))
    with real.jobs:
        yield real


@pytest.fixture
def hand_over(ray, request):
    """Submit a job of a module; gives its submission id."""

    def submit(module, *arguments):
        name = f"contract-{abs(hash((request.node.name, module)))}"
        job = make_job(id=name, module=module, arguments=list(arguments))
        ray.jobs.submit(job, name)
        return name

    return submit


def test_a_job_that_was_handed_over_is_listed_at_once_and_runs_to_its_end(ray, hand_over):
    name = hand_over("this")
    assert ray.jobs.jobs()[name].status in {"PENDING", "RUNNING"}
    ray.finish(name)
    job = ray.jobs.jobs()[name]
    assert (job.status, job.exit_code, job.entrypoint) == (
        "SUCCEEDED",
        0,
        "python -I -m cluster.queue.driving python -m this",
    )
    assert "cluster.queue.driving python -m this" in "".join(ray.jobs.log(name))


def test_handing_over_twice_runs_once(ray, hand_over):
    name = hand_over("this")
    ray.jobs.submit(make_job(id=name, module="antigravity"), name)
    assert ray.jobs.jobs()[name].entrypoint == "python -I -m cluster.queue.driving python -m this"


NICE = """
import os, ray
nice = lambda: os.getpriority(os.PRIO_PROCESS, 0)
ray.init()
workers = ray.get(ray.remote(nice).options(num_cpus=0.1).remote())
print(f"driver {nice()} workers {workers}")
"""


@pytest.mark.parametrize("ray", [pytest.param("real", marks=pytest.mark.platform)], indirect=True)
def test_a_job_and_its_workers_run_behind_the_replicas(ray, hand_over, platform):
    name = hand_over("timeit", "-n1", "-r1", NICE)
    ray.finish(name)
    assert "driver 10 workers 10" in "".join(ray.jobs.log(name))
    replicas = [
        process
        for process in processes.marked(states.load(platform.home).platform_id)
        if any("ServeReplica" in word for word in processes.command_line(process))
    ]
    assert {process.nice() for process in replicas} == {0}


def test_a_driver_that_fails_tells_its_exit_status(ray, hand_over):
    name = hand_over("no_such_module")
    ray.finish(name)
    job = ray.jobs.jobs()[name]
    assert (job.status, job.exit_code) == ("FAILED", 1)
    assert job.error_type == "JOB_ENTRYPOINT_COMMAND_ERROR"


def test_a_job_that_is_stopped_says_so(ray, hand_over):
    name = hand_over("http.server", "0", "--bind", "127.0.0.1")
    ray.until(name, "RUNNING")
    ray.jobs.stop(name)
    ray.finish(name)
    assert ray.jobs.jobs()[name].status == "STOPPED"


def test_what_ray_does_not_know_has_no_log_and_is_stopped_in_silence(ray):
    assert ray.jobs.log("nobody") is None
    ray.jobs.stop("nobody")


@pytest.mark.parametrize("ray", [pytest.param("real", marks=pytest.mark.platform)], indirect=True)
def test_replicas_and_drivers_are_told_with_what_they_hold_and_where(ray, hand_over):
    name = hand_over("http.server", "0", "--bind", "127.0.0.1")
    ray.until(name, "RUNNING")
    (node,) = ray.jobs.nodes()["batch"]
    held = {holder.attempt: holder for holder in ray.jobs.holders()}
    assert (held[name].node_id, held[name].cpus) == (node.id, 0.1)
    assert held[None].node_id == node.id  # a replica's
    ray.jobs.stop(name)
    ray.finish(name)
    assert wait_until(
        lambda: name not in {holder.attempt for holder in ray.jobs.holders()}, timeout_s=60
    )


def test_the_session_stands_and_the_batch_pool_has_a_node(ray):
    assert ray.jobs.session() == ray.jobs.session()
    assert ray.jobs.nodes()["batch"][0].cpus >= 1


def ray_that(answer, tmp_path):
    return RayJobs(Settings(home=tmp_path), transport=httpx.MockTransport(answer))


def fails_with(error):
    def answer(request):
        raise error(f"no {request.url}")

    return answer


@pytest.mark.parametrize(
    ("error", "sent"), [(httpx.ConnectError, False), (httpx.ReadTimeout, True)]
)
def test_an_answer_that_never_came_says_whether_ray_may_have_the_request(tmp_path, error, sent):
    with pytest.raises(RayAway) as away:
        ray_that(fails_with(error), tmp_path).submit(make_job(), "j-1")
    assert away.value.sent is sent


# As the dashboard passes on what the agent behind it answers, and as it ends where that has gone.
REFUSAL = (
    "Trace\nRuntimeError: Request failed with status code 400: Trace\nValueError: no such key.\n."
)
GONE = "Trace\naiohttp.client_exceptions.ServerDisconnectedError: Server disconnected\n"


@pytest.mark.parametrize(("status", "text"), [(500, REFUSAL), (400, "ValueError: no such key.\n")])
def test_rays_refusal_is_its_last_line(tmp_path, status, text):
    ray = ray_that(lambda _: httpx.Response(status, text=text), tmp_path)
    with pytest.raises(RayRefused, match=r"Ray refused the job: ValueError: no such key$"):
        ray.submit(make_job(), "j-1")


@pytest.mark.parametrize(
    ("status", "text"),
    [(500, GONE), (500, "No available agent"), (502, "<html>"), (503, ""), (504, "\0"), (429, "")],
)
def test_a_dashboard_in_trouble_refuses_no_job(tmp_path, status, text):
    ray = ray_that(lambda _: httpx.Response(status, text=text), tmp_path)
    with pytest.raises(RayAway) as away:
        ray.submit(make_job(), "j-1")
    assert away.value.sent


@pytest.mark.parametrize("text", ['{"half', "", "[]", "null", '[{"type": "SUBMISSION"}]', "<html>"])
@pytest.mark.parametrize(
    "ask", [RayJobs.session, RayJobs.jobs, RayJobs.nodes, lambda ray: ray.log("j-1")]
)
def test_an_answer_that_can_not_be_read_counts_as_none(tmp_path, text, ask):
    if (ask, text) == (RayJobs.jobs, "[]"):
        return
    with pytest.raises(RayAway, match="can't be read"):
        ask(ray_that(lambda _: httpx.Response(200, text=text), tmp_path))


def with_log(content, *, node="n-1", status=200):
    def answer(request):
        if request.url.path == "/api/jobs/j-1":
            return httpx.Response(200, json={"driver_node_id": node})
        assert dict(request.url.params)["filename"] == "job-driver-j-1.log"
        return httpx.Response(status, content=content)

    return answer


def test_a_log_that_is_not_utf_8_is_there_all_the_same(tmp_path):
    pieces = [b"fr\xc3", b"\xbch\n\xff\xfe", b" 7\r\n"]
    ray = ray_that(with_log(iter(pieces)), tmp_path)
    assert "".join(ray.log("j-1")) == "früh\n\ufffd\ufffd 7\r\n"


def test_a_log_on_a_node_that_is_not_there_is_none(tmp_path):
    assert ray_that(with_log(b"", status=500), tmp_path).log("j-1") is None
    assert ray_that(with_log(b"", node=None), tmp_path).log("j-1") is None


def test_of_a_huge_log_no_more_is_read_than_is_wanted(tmp_path):
    read = []

    def long():
        for _ in range(1000):
            read.append(b"x" * 99 + b"\n")
            yield read[-1]

    pieces = ray_that(with_log(long()), tmp_path).log("j-1")
    assert next(pieces).startswith("x")
    pieces.close()
    assert len(read) <= 2


def test_a_log_that_breaks_off_is_told_from_one_that_ends(tmp_path):
    def broken():
        yield b"one\n"
        raise httpx.ReadError("gone")

    with pytest.raises(RayAway):
        list(ray_that(with_log(broken()), tmp_path).log("j-1"))


def test_every_attempt_has_resources_and_a_selector_so_that_none_runs_on_head_or_spot(tmp_path):
    bodies = []

    def answer(request):
        bodies.append(httpx.Response(200, content=request.content).json())
        return httpx.Response(200, json={})

    job = make_job(id="j-1", arguments=["--id={submission_id}", "two words"], cpus=0.5)
    ray_that(answer, tmp_path).submit(job, "j-1-2")
    (body,) = bodies
    assert (
        body["entrypoint"]
        == "python -I -m cluster.queue.driving python -m some.module --id=j-1-2 'two words'"
    )
    assert body["entrypoint_num_cpus"] == 0.5
    assert body["entrypoint_label_selector"] == {"trii/pool-batch": "true", "trii/market": "!spot"}
    assert resolve_name(body["runtime_env"]["worker_process_setup_hook"]) is go_behind
    variables = body["runtime_env"]["env_vars"]
    assert variables["TRII_JOB_ID"] == "j-1"
    assert variables["TRII_JOB_USER"] == "ada"
    assert variables["TRII_JOB_ATTEMPT"] == "j-1-2"
    assert variables["TRII_JOB_FOLDER"] == str(tmp_path / "results/jobs/j-1")
    assert "TRII_TOKEN" not in variables  # nothing here could sign one


def test_an_attempt_has_a_token_in_its_users_name_that_reads_and_tells_trials(tmp_path):
    bodies = []

    def answer(request):
        bodies.append(httpx.Response(200, content=request.content).json())
        return httpx.Response(200, json={})

    settings = Settings(home=tmp_path)
    keys.generate(settings.token_private_key_path.parent)
    ray_that(answer, tmp_path).submit(make_job(), "j-1")
    token = bodies[0]["runtime_env"]["env_vars"]["TRII_TOKEN"]
    who = Verifier.from_settings(settings).verify(token)
    assert (who.subject, "trials:write" in who.scopes) == ("ada", True)
    assert {scope for scope in who.scopes if not scope.endswith(":read")} == {"trials:write"}
    assert who.expires_at - utc_now() > timedelta(days=6)


@pytest.fixture
def bundle(tmp_path):
    """A bundle that is stored, and its file."""
    (tmp_path / "code").mkdir()
    (tmp_path / "code/own.py").write_text("print(1)\n")
    packed = bundles.pack(tmp_path / "code", limit_bytes=1000)
    return packed, Path(bundles.store(Settings(home=tmp_path), packed))


def test_a_bundle_is_the_working_directory_and_the_jobs_variables_stay(tmp_path, bundle):
    asked = []

    def answer(request):
        asked.append(httpx.Response(200, content=request.content).json()["runtime_env"])
        return httpx.Response(200, json={})

    packed, file = bundle
    ray = ray_that(answer, tmp_path)
    ray.submit(make_job(bundle=packed.sha256), "j-1")
    ray.submit(make_job(), "j-1")
    assert asked[0] == {"working_dir": file.as_uri(), **asked[1]}
    assert asked[1]["env_vars"]["TRII_JOB_ID"] == "j-1"


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda file: file.unlink(), "no bundle .* is stored; pack it again"),
        (lambda file: file.write_bytes(b"another"), "was changed: remove it and pack it again"),
        (lambda file: (file.unlink(), file.mkdir()), "can't be read: Is a directory"),
    ],
)
def test_a_bundle_that_is_not_what_was_sent_is_a_refusal_and_ray_is_not_asked(
    tmp_path, bundle, spoil, says
):
    packed, file = bundle
    spoil(file)
    ray = ray_that(fails_with(AssertionError), tmp_path)
    with pytest.raises(RayRefused, match=says):
        ray.submit(make_job(bundle=packed.sha256), "j-1")
