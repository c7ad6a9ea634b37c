"""The drill of a new token for Ray: another cluster takes the old one's place, the database stays."""

import json
import secrets

import httpx
import pytest

from cluster.fleet.ray_api import RayApi
from cluster.settings import load_settings
from cluster.waiting import wait_until

pytestmark = [pytest.mark.platform, pytest.mark.restarts, pytest.mark.long]


@pytest.fixture
def replace(trii, platform):
    """Ends Ray and all that runs on it, and starts another cluster with this token; undone at the end."""
    path = platform.secrets_path / "trii_ray_auth_token"
    before = path.read_text()

    def start(token):
        assert trii("down").returncode == 0
        path.write_text(token)
        done = trii("up")
        assert done.returncode == 0, done.stderr

    yield start
    start(before)


def status(settings):
    with RayApi(settings) as ray:
        return ray.send("GET", "/api/jobs/").status_code


def versions(api):
    answer = api.post("/v1/predictions", json={"symbols": ["AAPL"], "horizon": 21})
    assert answer.status_code == 200, answer.text
    return [(entry["model"]["name"], entry["model"]["version"]) for entry in answer.json()["data"]]


def answers(api):
    try:
        return api.get("/v1/quotes/SYN001").status_code == 200
    except httpx.TransportError:
        return False


def state(trii, job):
    return json.loads(trii("jobs", "show", "--json", job).stdout)["state"]


@pytest.fixture
def one_at_a_time(trii):
    assert trii("jobs", "quota", "local", "--running", "1").returncode == 0
    yield
    trii("jobs", "quota", "local", "--remove")


def test_the_old_token_opens_nothing_and_jobs_and_models_go_on(
    trii, platform, api, replace, one_at_a_time
):
    served = versions(api)
    runs = api.post("/api/jobs/", json={"entrypoint": "sleep 600"}).json()["job_id"]
    assert wait_until(lambda: state(trii, runs) == "running", timeout_s=60)
    done = trii("jobs", "submit", "--detach", "--json", "jobs.ingest", "--dataset", "sample")
    waits = json.loads(done.stdout)["id"]
    assert state(trii, waits) == "queued"

    replace(secrets.token_hex(32))

    assert status(platform) == 403
    assert status(load_settings(platform.home)) == 200
    # Who asks by the API has another kind of token, which stays as it is.
    assert wait_until(lambda: answers(api), timeout_s=30)
    assert versions(api) == served
    assert trii("cluster", "doctor").returncode == 0
    # What ran went with its cluster, and may not be tried twice; what waited runs on this one.
    assert wait_until(lambda: state(trii, waits) == "succeeded", timeout_s=120)
    assert state(trii, runs) == "failed"
