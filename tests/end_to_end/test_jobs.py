"""The queue as people use it, on the running platform."""

import json

import pytest

pytestmark = pytest.mark.platform


def test_a_job_is_followed_to_its_end_and_leaves_its_log_and_states(trii):
    done = trii("jobs", "submit", "--json", "jobs.ingest", "--dataset", "sample")
    assert done.returncode == 0, done.stderr
    job = json.loads(done.stdout)
    assert job["state"] == "succeeded"
    told = json.loads(trii("jobs", "show", job["id"], "--json").stdout)
    moments = [told[f"{name}_at"] for name in ("created", "submitting", "running", "ended")]
    assert moments == sorted(moments)
    assert (told["kind"], told["attempt"], told["submission_id"]) == ("ingest", 1, job["id"])
    assert "log.txt" in [one["name"] for one in told["artifacts"]]
    assert "jobs.ingest" in trii("jobs", "logs", job["id"]).stdout


def test_a_job_with_bad_input_fails_with_its_last_words(trii):
    done = trii("jobs", "submit", "jobs.ingest", "--dataset", "moon")
    assert done.returncode == 1
    assert "failed: bad input: " in done.stderr.splitlines()[-1]


def test_a_job_is_cancelled(trii):
    options = ("--detach", "--json", "http.server", "0", "--bind", "127.0.0.1")
    job = json.loads(trii("jobs", "submit", *options).stdout)["id"]
    assert trii("jobs", "cancel", job).returncode == 0
    assert trii("jobs", "logs", "-f", job, timeout=120).returncode == 1
    assert json.loads(trii("jobs", "show", job, "--json").stdout)["state"] == "cancelled"


def test_what_up_did_went_through_the_queue_and_the_queue_moves(trii):
    kinds = {one["kind"] for one in json.loads(trii("jobs", "list", "--json").stdout)}
    assert {"sweep", "backtest"} <= kinds
    assert json.loads(trii("jobs", "top", "--json").stdout)["moves"] is True
