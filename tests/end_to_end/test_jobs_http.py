"""Jobs over HTTP and as a stream, on the running platform."""

import pytest

from cluster.clock import utc_now
from cluster.queue import commands as queue
from cluster.queue.rules.kinds import KINDS
from cluster.requests.job import JobRequest
from cluster.settings import load_settings
from cluster.stores.lake import Lake
from cluster.stores.lake.scores import scores

pytestmark = pytest.mark.platform


def test_a_job_is_posted_followed_to_its_end_and_its_log_fetched(api, follow):
    body = {"kind": "ingest", "request": {"dataset": "sample"}}
    posted = api.post("/v1/jobs", json=body, headers={"Idempotency-Key": "e2e"})
    assert posted.status_code == 202, posted.text
    place = posted.headers["location"]
    job = posted.json()["data"]["id"]
    again = api.post("/v1/jobs", json=body, headers={"Idempotency-Key": "e2e"})
    assert again.json()["data"]["id"] == job
    with follow(job) as events:
        told = list(events)
        last = events.last_id
    assert (told[-1]["type"], told[-1]["state"]) == ("end", "succeeded")
    states = [one["state"] for one in told if one["type"] == "state"]
    assert states[-1] == "succeeded"
    lines = [one["text"] for one in told if one["type"] == "log"]
    assert api.get(f"{place}/logs").text.splitlines() == lines
    with follow(job, **{"Last-Event-ID": "1-1"}) as events:
        assert [one["text"] for one in events if one["type"] == "log"] == lines[1:]
    gone = api.get(f"/v1/stream/jobs/{job}", headers={"Last-Event-ID": last})
    assert gone.status_code == 204
    names = [one["name"] for one in api.get(f"{place}/artifacts").json()["data"]]
    assert "log.txt" in names
    assert api.get(f"{place}/artifacts/log.txt").text.splitlines() == lines


def bars_of_the_index(api, _job):
    return api.get("/v1/bars", params={"symbols": "^IXIC", "limit": "1"}).json()["data"]


def the_run_by_its_attempt(api, job):
    found = api.get(f"/v1/backtests/{job['submission_id']}").json()["data"]
    assert (found["id"], found["state"]) == (job["submission_id"], "done")
    assert found["request"]["parameters"]["fast"] == 10
    return found["metrics"]["sharpe"] is not None


def a_version_since_it_began(api, job):
    found = api.get("/v1/models/volatility-regime/versions").json()["data"]
    return [one for one in found if one["created_at"] > job["running_at"]]


def scores_of_the_attempt(_api, job):
    settings = load_settings()
    rows = scores(Lake(settings.lake_url), model="volatility-regime").to_pylist()
    return [row for row in rows if row["job_id"] == job["submission_id"]]


def test_a_job_that_no_machine_here_can_hold_is_refused_at_the_field_that_asks_too_much(api):
    for field, value in (("gpus", 1), ("cpus", 1000)):
        body = {"kind": "ingest", "request": {"dataset": "sample"}, field: value}
        refused = api.post("/v1/jobs", json=body)
        assert refused.status_code == 422, refused.text
        assert [error["loc"] for error in refused.json()["errors"]] == [f"body.{field}"]
        assert refused.json()["detail"].count("no machine of pool batch has") == 1


# What is posted of each kind, and how its result is read back.
WALKED = {
    "ingest": ({"dataset": "sample"}, bars_of_the_index),
    "backtest": (
        {"strategy": "sma-cross", "universe": "sample", "parameters": {"fast": 10}},
        the_run_by_its_attempt,
    ),
    "score": (
        {"model": "volatility-regime", "symbols": ["aapl"], "start": "2022-11-01"},
        scores_of_the_attempt,
    ),
    "train": ({"epochs": 1, "promote": False}, a_version_since_it_began),
    "sweep": ({}, a_version_since_it_began),
}
LONG = {"train", "sweep"}


def test_every_kind_of_job_is_walked_here():
    assert set(WALKED) == {kind.name for kind in KINDS.values()}


@pytest.mark.parametrize(
    "kind",
    [pytest.param(kind, marks=[pytest.mark.long] if kind in LONG else []) for kind in WALKED],
)
def test_a_job_of_each_kind_is_posted_succeeds_and_its_result_is_read_back(api, follow, kind):
    request, read = WALKED[kind]
    posted = api.post("/v1/jobs", json={"kind": kind, "request": request})
    assert posted.status_code == 202, posted.text
    job = posted.json()["data"]["id"]
    with follow(job) as events:
        told = list(events)
    assert (told[-1]["type"], told[-1]["state"]) == ("end", "succeeded"), told
    assert read(api, api.get(f"/v1/jobs/{job}").json()["data"])


@pytest.mark.long
def test_a_stream_outlives_the_time_limit_of_requests_and_ends_with_its_job(api, platform, follow):
    request = JobRequest(module="http.server", arguments=("0", "--bind", "127.0.0.1"))
    job = queue.submit(platform, request, user_id=queue.LOCAL_USER, now=utc_now()).id
    with follow(job) as events:
        events.until_beats(int(platform.request_timeout_s // 5) + 1)
        assert api.delete(f"/v1/jobs/{job}").status_code == 202
        told = list(events)
    assert (told[-1]["type"], told[-1]["state"]) == ("end", "cancelled")
