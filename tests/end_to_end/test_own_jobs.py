"""Code of one's own finds the platform from its job, however that came, and may write runs alone."""

import json
import os
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from cluster.registry.mlflow_client import use_platform
from cluster.runtime_env import LOOPBACK, as_environment, driver_variables

pytestmark = [pytest.mark.platform, pytest.mark.long]

STUDY = """
import os, sys
import mlflow
from cluster.settings import load_settings
from cluster.stores.lake import Lake

mlflow.set_experiment("own")
with mlflow.start_run(run_name=sys.argv[1]) as run:
    mlflow.log_param("fast", 20)
    mlflow.log_metric("sharpe", 0.5)
    mlflow.log_text("hello", "note.txt")
client = mlflow.MlflowClient()
version = client.get_model_version_by_alias("volatility-regime", "champion")
refused = 0
for attempt in (
    lambda: client.set_registered_model_alias("volatility-regime", "champion", "1"),
    lambda: client.create_model_version("volatility-regime", run.info.artifact_uri, run.info.run_id),
    lambda: client.delete_run(run.info.run_id),
    lambda: client.log_text(version.run_id, "mine", "model/MLmodel"),
):
    try:
        attempt()
    except Exception as exc:
        refused += "403" in str(exc)
print("refused", refused, "of 4")
lake = Lake(os.environ["TRII_LAKE_URL"])
print("lake", lake.snapshot() == Lake(load_settings().lake_url).snapshot())
print("api", os.environ["TRII_API_URL"])
"""


# As on a machine that PostgreSQL does not answer.
IDEA = """
import os, sys
os.environ["TRII_POSTGRES_PORT"] = "1"
import httpx, trii

prices = trii.lake.frame("SYN001", start="2020-01-01")
print(trii.backtest(prices, trii.SmaCross(fast=7), family=sys.argv[1]).ledger)
asked = {"headers": {"Authorization": f"Bearer {os.environ['TRII_TOKEN']}"}, "trust_env": False}
api = os.environ["TRII_API_URL"]
print("reads", httpx.get(f"{api}/v1/bars?symbols=SYN001&limit=1", **asked).status_code)
job = {"kind": "ingest", "request": {"dataset": "sample"}}
print("starts", httpx.post(f"{api}/v1/jobs", json=job, **asked).status_code)
"""


@pytest.fixture
def code(tmp_path):
    (tmp_path / "study.py").write_text(STUDY)
    (tmp_path / "idea.py").write_text(IDEA)
    return tmp_path


def check(platform, log, name):
    assert "refused 4 of 4" in log, log
    assert "lake True" in log
    assert f"api {platform.api_url}" in log
    client = use_platform(platform)
    experiment = client.get_experiment_by_name("own").experiment_id
    (run,) = client.search_runs([experiment], f"run_name = '{name}'")
    assert (run.info.status, run.data.metrics, run.data.params) == (
        "FINISHED", {"sharpe": 0.5}, {"fast": "20"},
    )  # fmt: skip
    assert [file.path for file in client.list_artifacts(run.info.run_id)] == ["note.txt"]


@pytest.fixture(autouse=True)
def _environment():
    """MLflow's client is set up through the environment: put it back."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


def test_a_bundle_that_logs_a_run_leaves_it_in_mlflow_and_moves_no_alias(trii, platform, code):
    done = trii("jobs", "submit", "--json", "--bundle", code, "study", "queued")
    assert done.returncode == 0, done.stderr
    log = trii("jobs", "logs", json.loads(done.stdout)["id"]).stdout
    check(platform, log, "queued")


def test_so_does_a_job_that_came_by_plain_ray_job_submit(platform, code):
    environment = {
        **os.environ,
        **as_environment((*driver_variables(), LOOPBACK)),
        "RAY_API_SERVER_ADDRESS": platform.dashboard_url,
        "RAY_AUTH_TOKEN_PATH": str(platform.secrets_path / "trii_ray_auth_token"),
    }
    ray = Path(sys.executable).with_name("ray")
    done = subprocess.run(
        [ray, "job", "submit", "--working-dir", code, "--", "python", "-m", "study", "plain"],
        env=environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr + done.stdout
    check(platform, done.stdout, "plain")


def test_a_job_that_reaches_no_postgresql_tells_its_trial_over_http(trii, api, code):
    family = f"family-{uuid4().hex[:12]}"
    done = trii("jobs", "submit", "--json", "--bundle", code, "idea", family)
    assert done.returncode == 0, done.stderr
    log = trii("jobs", "logs", json.loads(done.stdout)["id"]).stdout
    (trial,) = api.get("/v1/trials", params={"family": family}).json()["data"]
    assert f"trial {trial['id'][:12]} of family {family}" in log
    assert (trial["user_id"], trial["snapshot"], trial["parameters"]["fast"]) == (
        "local",
        "told",
        7,
    )
    # Its token reads and tells, and no more.
    assert "reads 200" in log
    assert "starts 403" in log
