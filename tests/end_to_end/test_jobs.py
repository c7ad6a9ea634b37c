"""The queue as people use it, on the running platform."""

import json

import pytest

from cluster.bundles import bundle as bundles

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
    done = trii("jobs", "submit", "jobs.check_freshness", "--dataset", "moon", "--behind", "two")
    assert done.returncode == 1
    assert "failed: bad input: " in done.stderr.splitlines()[-1]


def test_a_job_that_no_machine_here_can_hold_is_refused_and_what_its_error_says_runs(trii):
    for option, value in (("--gpus", "1"), ("--cpus", "1000")):
        done = trii("jobs", "submit", option, value, "this")
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert done.stderr.startswith("trii: no machine of pool batch has")
    assert ": ask for less" in done.stderr
    assert trii("jobs", "submit", "--cpus", "0.5", "this").returncode == 0


def test_a_job_is_cancelled(trii):
    options = ("--detach", "--json", "http.server", "0", "--bind", "127.0.0.1")
    job = json.loads(trii("jobs", "submit", *options).stdout)["id"]
    assert trii("jobs", "cancel", job).returncode == 0
    assert trii("jobs", "logs", "-f", job, timeout=120).returncode == 1
    assert json.loads(trii("jobs", "show", job, "--json").stdout)["state"] == "cancelled"


@pytest.fixture
def code(tmp_path):
    """A package whose `own.run` needs a helper of its own, as its tasks do."""
    (tmp_path / "own").mkdir()
    (tmp_path / "own/helper.py").write_text("N = 41\n")
    (tmp_path / "own/run.py").write_text(
        "import os, sys\n"
        "import ray\n"
        "from own.helper import N\n"
        "@ray.remote(num_cpus=0.1)\n"
        "def more():\n"
        "    from own.helper import N\n"
        "    return N + 1\n"
        "ray.init()\n"
        "print('driver', N, 'task', ray.get(more.remote()), 'job', os.environ['TRII_JOB_ID'])\n"
        "sys.exit(sys.argv[1] if sys.argv[1:] else 0)\n"
    )
    (tmp_path / "own/prices.csv").write_text("left out\n")
    return tmp_path


def test_a_job_runs_in_the_code_that_it_took_along_and_so_do_its_tasks(trii, code):
    done = trii("jobs", "submit", "--json", "--bundle", code, "own.run")
    assert done.returncode == 0, done.stderr
    job = json.loads(done.stdout)
    assert f"bundle {job['bundle']}: 2 files" in done.stderr
    assert "left out as data: own/prices.csv" in done.stderr
    log = trii("jobs", "logs", job["id"]).stdout
    assert f"driver 41 task 42 job {job['id']}" in log


@pytest.mark.long
def test_a_job_whose_bundle_has_vanished_fails_with_the_reason_and_the_queue_goes_on(
    trii, code, platform
):
    done = trii("jobs", "submit", "--json", "--bundle", code, "own.run", "no luck")
    job = json.loads(done.stdout)
    assert (job["state"], done.returncode) == ("failed", 1)
    assert "no luck" in job["message"]
    bundles.runtime_env(platform, job["bundle"])
    (platform.home / "results" / "bundles" / f"{job['bundle']}.zip").unlink()
    again = trii("jobs", "retry", "--wait", job["id"])
    assert again.returncode == 1
    assert f"failed: no bundle {job['bundle']} is stored; pack it again" in again.stderr
    assert trii("jobs", "submit", "--bundle", code, "own.run").returncode == 0


def test_what_up_did_went_through_the_queue_and_the_queue_moves(trii):
    kinds = {one["kind"] for one in json.loads(trii("jobs", "list", "--json").stdout)}
    assert {"sweep", "backtest"} <= kinds
    assert json.loads(trii("jobs", "top", "--json").stdout)["moves"] is True
