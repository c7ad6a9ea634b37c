"""A job's token writes runs and reads all; it moves no version, no alias, and removes nothing."""

import pytest

from cluster.registry.mlflow_rights import job_may, outputs_written

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
        ("PUT", "/api/2.0/mlflow-artifacts/artifacts/1/%2e%2e/2/model/MLmodel"),
        ("PUT", f"/api/2.0/mlflow-artifacts/artifacts/1/%{'25' * 12}2e"),
        ("GET", "/%2f["),
        ("GET", "/static/../../secrets"),
        ("PURGE", f"{API}/runs/create"),
    ],
)
def test_a_job_may_do_nothing_else(method, path):
    assert not job_may(method, path)


RUN, MODEL = "0a" * 16, f"m-{'1b' * 16}"
FILES = "/api/2.0/mlflow-artifacts/artifacts"


@pytest.mark.parametrize(
    ("method", "path", "outputs"),
    [
        ("PUT", f"{FILES}/1/{RUN}/artifacts/model/MLmodel", [RUN]),
        ("PUT", f"{FILES}/1/models/{MODEL}/artifacts/MLmodel", [MODEL]),
        ("POST", f"/api/2.0/mlflow-artifacts/mpu/create/1/models/{MODEL}/artifacts", [MODEL]),
        ("PATCH", f"{API}/logged-models/{MODEL}", [MODEL]),
        ("PATCH", f"{API}/logged-models/{MODEL}/tags", [MODEL]),
        ("POST", f"{API}/logged-models/{MODEL}/params", [MODEL]),
        # Names that MLflow decodes once more than the server in front of it, or takes a sign out of.
        ("PUT", f"{FILES}/1/%30a{RUN[2:]}/artifacts/MLmodel", [RUN]),
        ("PUT", f"{FILES}/1/%2530a{RUN[2:]}/artifacts/MLmodel", [RUN]),
        ("PUT", f"{FILES}/1%252f{RUN}%2fartifacts/MLmodel", [RUN]),
        ("PUT", f"{FILES}/1/models/m-1\tb{MODEL[4:]}/artifacts/MLmodel", [MODEL]),
        ("PUT", f"{FILES}/file:1/{RUN}/artifacts/MLmodel", [RUN]),
        ("PUT", f"{FILES}/1/./{RUN}//artifacts/50%.png", [RUN]),
        ("GET", f"{FILES}/1/{RUN}/artifacts/model/MLmodel", []),
        ("POST", f"{API}/runs/log-batch", []),
    ],
)
def test_whose_files_a_request_writes_is_read_as_mlflow_reads_it(method, path, outputs):
    assert list(outputs_written(method, path)) == outputs
    assert job_may(method, path)
