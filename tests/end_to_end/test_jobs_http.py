"""Jobs over HTTP and as a stream, on the running platform."""

import pytest

from cluster.clock import utc_now
from cluster.queue import commands as queue
from cluster.requests.job import JobRequest

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


def test_a_backtest_that_is_posted_runs_and_is_found_by_its_attempt(api, follow):
    request = {"strategy": "sma-cross", "universe": "sample", "parameters": {"fast": 10}}
    posted = api.post("/v1/jobs", json={"kind": "backtest", "request": request})
    assert posted.status_code == 202, posted.text
    job = posted.json()["data"]["id"]
    with follow(job) as events:
        told = list(events)
    assert (told[-1]["type"], told[-1]["state"]) == ("end", "succeeded"), told
    attempt = api.get(f"/v1/jobs/{job}").json()["data"]["submission_id"]
    found = api.get(f"/v1/backtests/{attempt}").json()["data"]
    assert (found["id"], found["state"]) == (attempt, "done")
    assert found["request"]["parameters"]["fast"] == 10


@pytest.mark.long
def test_a_stream_outlives_the_time_limit_of_requests_and_ends_with_its_job(api, platform, follow):
    request = JobRequest(module="http.server", arguments=("0", "--bind", "127.0.0.1"))
    job = queue.submit(platform, request, user_id=queue.LOCAL_USER, now=utc_now()).id
    with follow(job) as events:
        events.until_beats(int(platform.request_timeout_s // 5) + 1)
        assert api.delete(f"/v1/jobs/{job}").status_code == 202
        told = list(events)
    assert (told[-1]["type"], told[-1]["state"]) == ("end", "cancelled")
