"""A job's token writes runs and reads all; it moves no version, no alias, and removes nothing."""

import pytest

from cluster.registry.mlflow_rights import job_may

API = "/api/2.0/mlflow"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"{API}/registered-models/search"),
        ("GET", "/"),
        ("POST", f"{API}/runs/create"),
        ("POST", f"{API}/runs/log-batch"),
        ("POST", f"{API}/runs/search"),
        ("POST", "/ajax-api/2.0/mlflow/runs/search"),
        ("POST", f"{API}/experiments/create"),
        ("POST", f"{API}/logged-models"),
        ("POST", f"{API}/logged-models/m-0a1b/params"),
        ("PATCH", f"{API}/logged-models/m-0a1b"),
        ("PATCH", f"{API}/logged-models/m-0a1b/tags"),
        ("PUT", "/api/2.0/mlflow-artifacts/artifacts/1/0a/artifacts/chart.png"),
    ],
)
def test_a_job_may_look_and_write_runs(method, path):
    assert job_may(method, path)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", f"{API}/registered-models/alias"),
        ("DELETE", f"{API}/registered-models/alias"),
        ("POST", f"{API}/registered-models/create"),
        ("POST", f"{API}/registered-models/rename"),
        ("POST", f"{API}/model-versions/create"),
        ("PATCH", f"{API}/model-versions/update"),
        ("POST", f"{API}/model-versions/set-tag"),
        ("POST", f"{API}/model-versions/transition-stage"),
        ("POST", f"{API}/runs/delete"),
        ("POST", f"{API}/runs/delete-tag"),
        ("POST", f"{API}/runs/restore"),
        ("POST", f"{API}/experiments/delete"),
        ("POST", f"{API}/experiments/update"),
        ("DELETE", f"{API}/logged-models/m-0a1b"),
        ("DELETE", f"{API}/logged-models/m-0a1b/tags/x"),
        ("DELETE", "/api/2.0/mlflow-artifacts/artifacts/1/0a/artifacts/chart.png"),
        ("POST", "/graphql"),
        ("POST", "/api/3.0/mlflow/gateway/endpoints/create"),
        ("POST", "/api/9.0/mlflow/runs/create"),
        ("POST", f"{API}/runs/create/"),
        ("POST", f"{API}/runs/create\n"),
        ("POST", f"/x{API}/runs/create"),
        ("PUT", "/api/2.0/mlflow-artifacts/artifacts/../../mlflow/model-versions/create"),
        ("GET", "/static/../../secrets"),
        ("PURGE", f"{API}/runs/create"),
    ],
)
def test_a_job_may_do_nothing_else(method, path):
    assert not job_may(method, path)
