"""Ray's job API in front of the queue: what is taken, whose it is, and what is refused with its remedy."""

import io
import zipfile

import pytest
from ray.dashboard.modules.job.pydantic_models import JobDetails

from cluster.bundles import bundle as bundles
from cluster.queue import commands as queue
from deployments.api.app import make_api
from deployments.gateway.told import STATUSES
from tests.servers import free_port

NAME = "_ray_pkg_0123456789abcdef.zip"
PACKAGE = f"/api/packages/gcs/{NAME}"
URI = f"gcs://{NAME}"
AWS_KEY = b"AKIA" + b"ABCDEFGHIJKLMNOP"


def zipped(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


CODE = {"study.py": b"print(1)\n", "pkg/__init__.py": b"", "rates.csv": b"a,b\n1,2\n"}


@pytest.fixture
def settings(queued, lake_path):
    away = {"lake_url": lake_path.as_uri(), "dashboard_port": free_port()}
    return queued.model_copy(update=away | {"bundle_limit_bytes": 100_000})


@pytest.fixture
def as_user(client_of, settings, now, make_token):
    app = make_api(settings, clock=lambda: now)

    def make(subject="ada", role="scientist"):
        client = client_of(app, body_bytes=10_000, package_bytes=100_000)
        client.headers["authorization"] = f"Bearer {make_token(role, subject)}"
        return client

    return make


@pytest.fixture
def ada(as_user):
    return as_user()


async def submitted(client, **body):
    answer = await client.post("/api/jobs/", json={"entrypoint": "python study.py"} | body)
    assert answer.status_code == 200, answer.text
    return answer.json()["submission_id"]


async def test_the_client_is_told_which_ray_runs_and_that_logs_can_be_followed(ada):
    told = (await ada.get("/api/version")).json()
    assert int(told["version"]) > 0
    assert told["ray_version"].count(".") == 2


async def test_a_package_becomes_a_bundle_and_the_command_a_job_in_it(ada, settings):
    assert (await ada.get(PACKAGE)).status_code == 404
    assert (await ada.put(PACKAGE, content=zipped(CODE))).status_code == 200
    assert (await ada.get(PACKAGE)).status_code == 200
    name = await submitted(
        ada, entrypoint="python study.py | tee a", runtime_env={"working_dir": URI},
        entrypoint_num_cpus=2, entrypoint_memory=2**30, metadata={"priority": "low"},
    )  # fmt: skip
    job = queue.get(settings, name)
    assert (job.user_id, job.kind, job.pool, job.priority) == ("ada", "shell", "batch", "low")
    assert (job.cpus, job.memory_bytes, job.arguments) == (2.0, 2**30, ["python study.py | tee a"])
    assert set(bundles.stored_files(settings, job.bundle)) == set(CODE)


async def test_a_module_of_the_platform_is_a_job_of_its_kind(ada, settings):
    name = await submitted(ada, entrypoint="python -m jobs.ingest --dataset sample")
    job = queue.get(settings, name)
    assert (job.kind, job.resumable, job.arguments) == ("ingest", True, ["--dataset", "sample"])
    name = await submitted(ada, entrypoint="python -m jobs.ingest --dataset $NAME")
    assert queue.get(settings, name).module == "shell"


async def test_gpus_are_of_the_gpu_pool_and_a_fraction_is_kept(as_user, settings, client_of, now):
    growing = settings.model_copy(
        update={
            "pools": ("serve", "batch", "gpu", "gpu-spot"),
            "pools_that_grow": ("gpu", "gpu-spot"),
        }
    )
    ada = client_of(make_api(growing, clock=lambda: now))
    job = queue.get(settings, await submitted(ada, entrypoint_num_gpus=0.5))
    assert (job.pool, job.gpus) == ("gpu", 0.5)
    selector = {"trii/pool-gpu-spot": "true"}
    name = await submitted(ada, entrypoint_num_gpus=1, entrypoint_label_selector=selector)
    assert queue.get(settings, name).pool == "gpu-spot"


async def test_a_job_is_found_by_the_id_that_its_user_chose_and_reads_as_rays(ada, as_user):
    assert await submitted(ada, submission_id="my_Study-1") == "my_Study-1"
    assert await submitted(ada, submission_id="my_Study-1") == "my_Study-1"  # sent twice, run once
    told = JobDetails(**(await ada.get("/api/jobs/my_Study-1")).json())
    assert (told.status, told.submission_id, told.entrypoint) == (
        "PENDING", "my_Study-1", "python study.py",
    )  # fmt: skip
    assert [job["job_id"] for job in (await ada.get("/api/jobs/")).json()] == [told.job_id]
    other = await ada.post("/api/jobs/", json={"entrypoint": "x", "submission_id": "my_Study-1"})
    assert other.status_code == 409
    # To another user it is not there, by either name.
    bob = as_user("bob")
    for name in ("my_Study-1", told.job_id):
        for path in ("", "/logs"):
            assert (await bob.get(f"/api/jobs/{name}{path}")).status_code == 404
        assert (await bob.post(f"/api/jobs/{name}/stop")).status_code == 404
    assert (await bob.get("/api/jobs/")).json() == []


async def test_a_stop_ends_a_job_once(ada):
    name = await submitted(ada)
    assert (await ada.post(f"/api/jobs/{name}/stop")).json() == {"stopped": True}
    assert (await ada.get(f"/api/jobs/{name}")).json()["status"] == "STOPPED"
    assert (await ada.post(f"/api/jobs/{name}/stop")).json() == {"stopped": False}
    assert (await ada.delete(f"/api/jobs/{name}")).status_code == 409


async def test_a_name_of_a_package_means_its_senders_code_alone(ada, as_user):
    """Its name is the client's own word: another's must not run under it."""
    await as_user("bob").put(PACKAGE, content=zipped({"study.py": b"other"}))
    assert (await ada.get(PACKAGE)).status_code == 404
    body = {"entrypoint": "python study.py", "runtime_env": {"working_dir": URI}}
    assert (await ada.post("/api/jobs/", json=body)).status_code == 404


@pytest.mark.parametrize(
    ("data", "status", "told"),
    [
        (b"no zip", 422, "expected a zip"),
        (zipped({}), 422, "no file is in it"),
        (zipped({"../x.py": b""}), 422, "leads out of it"),
        (zipped({"/x.py": b""}), 422, "leads out of it"),
        (zipped({"a/key.py": b"k = '" + AWS_KEY + b"'"}), 422, "a/key.py:1 looks like an AWS"),
        (zipped({".env": b"A=1"}), 422, ".env:1 looks like"),
        (zipped({"zeros.bin": bytes(10**7)}), 422, "10,000,000 bytes, at most 100,000 are taken"),
        (zipped(CODE)[:-30], 422, "expected a zip"),
        (bytes(100_001), 413, "over 100000 bytes"),
    ],
    ids=["none", "empty", "up", "root", "secret", "env", "bomb", "cut", "large"],
)  # fmt: skip
async def test_what_is_no_code_is_refused_with_what_is_wrong(ada, data, status, told):
    answer = await ada.put(PACKAGE, content=data)
    assert answer.status_code == status, answer.text
    assert told in answer.json()["detail"]
    assert AWS_KEY.decode() not in answer.text
    assert (await ada.get(PACKAGE)).status_code == 404


async def test_caches_and_what_git_keeps_stay_behind(ada, settings):
    clutter = {".git/config": b"token", "a/__pycache__/a.pyc": b"", ".venv/x.py": b""}
    await ada.put(PACKAGE, content=zipped(CODE | clutter))
    name = await submitted(ada, runtime_env={"working_dir": URI})
    bundle = queue.get(settings, name).bundle
    assert set(bundles.stored_files(settings, bundle)) == set(CODE)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"runtime_env": {"pip": ["x"]}}, "a node installs nothing"),
        ({"runtime_env": {"env_vars": {"A": "1"}}}, "env NAME=VALUE"),
        ({"runtime_env": {"working_dir": "s3://a/b.zip"}}, "nodes fetch code from nowhere"),
        ({"runtime_env": {"working_dir": "gcs://../x.zip"}}, "nodes fetch code from nowhere"),
        ({"metadata": {"owner": "bob"}}, "metadata.owner: expected pool or priority"),
        ({"metadata": {"pool": "gpu"}}, "gpu"),
        ({"metadata": {"priority": "most"}}, "priority"),
        ({"entrypoint_resources": {"tpu": 1}}, "nodes have no resources of other names"),
        ({"entrypoint_label_selector": {"zone": "a"}}, "the label of one pool"),
        ({"entrypoint_num_cpus": 10_000}, "cpus"),
        ({"entrypoint_num_gpus": -1}, "gpus"),
        ({"submission_id": "a/b"}, "submission_id"),
        ({"entrypoint": ""}, "entrypoint"),
        ({"other": 1}, "other"),
    ],
)
async def test_what_the_queue_has_not_is_refused_and_nothing_is_queued(ada, body, told):
    answer = await ada.post("/api/jobs/", json={"entrypoint": "python study.py"} | body)
    assert answer.status_code == 422, answer.text
    assert told in answer.text
    assert (await ada.get("/api/jobs/")).json() == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/version"), ("GET", "/api/jobs/"), ("GET", "/api/jobs/x"),
        ("GET", "/api/jobs/x/logs"), ("POST", "/api/jobs/"), ("POST", "/api/jobs/x/stop"),
        ("DELETE", "/api/jobs/x"), ("GET", PACKAGE), ("PUT", PACKAGE),
    ],
)  # fmt: skip
async def test_who_may_submit_no_jobs_is_told_which_role_may(as_user, method, path):
    answer = await as_user(role="viewer").request(method, path, json={"entrypoint": "x"})
    assert answer.status_code == 403
    assert "the role scientist has it" in answer.json()["detail"]


async def test_all_bodies_but_packages_keep_their_limit(ada):
    answer = await ada.post("/api/jobs/", json={"entrypoint": "x" * 10_000})
    assert answer.status_code == 413


def test_every_state_of_a_job_has_a_word_of_rays():
    from ray.job_submission import JobStatus

    from cluster.queue.rules.states import ENDED, STATES

    assert set(STATUSES) == set(STATES)
    assert all(
        JobStatus(word).is_terminal() == (state in ENDED) for state, word in STATUSES.items()
    )
