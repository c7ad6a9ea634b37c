"""MLflow's own client in a job: with what its environment says, through the guard, on a real server."""

import contextlib
import os
import uuid

import httpx
import mlflow
import pytest
from mlflow.exceptions import MlflowException
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from cluster.fleet.on_node import own_environment
from cluster.registry.mlflow_app import TokenGuard
from cluster.registry.mlflow_client import Registry
from cluster.registry.mlflow_rights import made_of
from tests.servers import serving

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


@contextlib.contextmanager
def guarded(port, has_versions):
    """The guard before the server on `port`, as it stands in front of MLflow's application."""

    async def forward(request):
        headers = {k: v for k, v in request.headers.items() if k not in {"host", "authorization"}}
        url = f"http://127.0.0.1:{port}{request.url.path}?{request.url.query}"
        body = await request.body()
        async with httpx.AsyncClient(trust_env=False, timeout=60) as server:
            answer = await server.request(request.method, url, headers=headers, content=body)
        return Response(answer.content, answer.status_code, {"content-type": "application/json"})

    app = Starlette(routes=[Route("/{path:path}", forward, methods=METHODS)])
    guard = TokenGuard(
        app, token="the platform's", jobs_token="the jobs'", has_versions=has_versions
    )
    with serving(guard) as front:
        yield front


@pytest.fixture
def model(mlflow_server, manifest, arrays):
    """The name of a model with one version."""
    name = f"model-{uuid.uuid4().hex[:8]}"
    Registry.from_settings(mlflow_server).register(
        name, lambda version: manifest(name=name, version=version), arrays, params={}, documents={}
    )
    return name


@pytest.fixture
def job(mlflow_server, model, monkeypatch):
    """This process with a job's environment; gives the model that it would like to move."""
    before, uri = dict(os.environ), mlflow.get_tracking_uri()
    direct = mlflow.MlflowClient(mlflow_server.mlflow_url)

    def has_versions(output):
        return any(direct.search_model_versions(where) for where in made_of(output))

    with guarded(mlflow_server.mlflow_port, has_versions) as port:
        tokens = {"mlflow_token": "the platform's", "mlflow_jobs_token": "the jobs'"}
        held = {name: SecretStr(token) for name, token in tokens.items()}
        found = own_environment(mlflow_server.model_copy(update={"mlflow_port": port, **held}))
        assert "the platform's" not in found.values()
        os.environ.update(found)
        mlflow.set_tracking_uri(found["MLFLOW_TRACKING_URI"])
        yield model
    os.environ.clear()
    os.environ.update(before)
    mlflow.set_tracking_uri(uri)


def test_a_job_leaves_its_run_and_moves_no_version_no_alias_and_removes_nothing(job, mlflow_server):
    mlflow.set_experiment("own")
    with mlflow.start_run(run_name=job) as run:
        mlflow.log_param("fast", 20)
        mlflow.log_metric("sharpe", 0.5)
        mlflow.log_text("hello", "note.txt")
        mlflow.set_tag("idea", "trend")
    client = mlflow.MlflowClient()
    assert client.get_model_version(job, "1").version == "1"
    for attempt in (
        lambda: client.set_registered_model_alias(job, "champion", "1"),
        lambda: client.create_registered_model("another"),
        lambda: client.create_model_version(job, run.info.artifact_uri, run.info.run_id),
        lambda: client.set_model_version_tag(job, "1", "trii.sha256", "0" * 64),
        lambda: client.delete_model_version(job, "1"),
        lambda: client.delete_run(run.info.run_id),
        lambda: client.delete_experiment(run.info.experiment_id),
    ):
        with pytest.raises(MlflowException, match=r"403.*no versions, aliases or deletions"):
            attempt()
    (kept,) = client.search_runs([run.info.experiment_id], f"run_name = '{job}'")
    assert (kept.info.status, kept.data.metrics, kept.data.params) == (
        "FINISHED", {"sharpe": 0.5}, {"fast": "20"},
    )  # fmt: skip
    assert kept.data.tags["idea"] == "trend"
    assert mlflow.artifacts.load_text(f"runs:/{run.info.run_id}/note.txt") == "hello"
    # Last: it puts the platform's own token into this process.
    assert Registry.from_settings(mlflow_server).resolve(job, "champion") is None


def test_a_job_writes_no_artifact_of_a_run_that_a_version_came_of(job):
    """By plain requests: MLflow's client remembers where it has written in this process before."""
    client = mlflow.MlflowClient()
    run_id = client.get_model_version(job, "1").run_id
    text = f"runs:/{run_id}/model/MLmodel"
    names = [file.path for file in client.list_artifacts(run_id, "model")]
    before = mlflow.artifacts.load_text(text)
    api, bearer = os.environ["MLFLOW_TRACKING_URI"], os.environ["MLFLOW_TRACKING_TOKEN"]
    experiment = client.get_run(run_id).info.experiment_id

    def write(path, *, run=run_id, how="artifacts"):
        place = (
            f"{api}/api/2.0/mlflow-artifacts/{how}/{path.format(experiment=experiment, run=run)}"
        )
        return httpx.request(
            "PUT" if how == "artifacts" else "POST", place, content=b"mine", trust_env=False,
            headers={"authorization": f"Bearer {bearer}", "content-type": "application/json"},
        )  # fmt: skip

    for path in (
        "{experiment}/{run}/artifacts/model/MLmodel", "{experiment}/{run}/artifacts/new.txt",
        "{experiment}/./{run}/artifacts/model/MLmodel", "{experiment}/%2e/{run}/artifacts/new.txt",
        "{experiment}//{run}/artifacts/model/new.txt",
        # MLflow decodes a name again and again, and takes a tab out of it.
        f"{{experiment}}/%25{ord(run_id[0]):02x}{run_id[1:]}/artifacts/model/MLmodel",
        f"{{experiment}}/{run_id[:9]}%09{run_id[9:]}/artifacts/model/MLmodel",
    ):  # fmt: skip
        refused = write(path)
        assert (refused.status_code, "a version came of" in refused.text.lower()) == (403, True)
    assert write("{experiment}/{run}/artifacts/model", how="mpu/create").status_code == 403
    own = client.create_run(experiment).info.run_id
    assert write("{experiment}/{run}/artifacts/note.txt", run=own).status_code == 200
    assert [file.path for file in client.list_artifacts(run_id, "model")] == names
    assert mlflow.artifacts.load_text(text) == before


def test_a_job_writes_to_its_own_logged_models_until_a_version_comes_of_one(job, mlflow_server):
    client, direct = mlflow.MlflowClient(), mlflow.MlflowClient(mlflow_server.mlflow_url)
    experiment = client.create_experiment(f"{job}-models")
    model = client.create_logged_model(experiment)
    place = f"mlflow-artifacts/artifacts/{experiment}/models/{model.model_id}/artifacts/note.txt"
    bearer = {"authorization": f"Bearer {os.environ['MLFLOW_TRACKING_TOKEN']}"}

    def write():
        url = f"{os.environ['MLFLOW_TRACKING_URI']}/api/2.0/{place}"
        return httpx.put(url, content=b"mine", headers=bearer, trust_env=False)

    assert write().status_code == 200
    client.finalize_logged_model(model.model_id, "READY")
    client.set_logged_model_tags(model.model_id, {"idea": "trend"})
    direct.create_model_version(job, f"models:/{model.model_id}", model_id=model.model_id)
    refused = write()
    assert (refused.status_code, "A version came of this" in refused.text) == (403, True)
    with pytest.raises(MlflowException, match="403"):
        client.set_logged_model_tags(model.model_id, {"idea": "another"})
    assert client.get_logged_model(model.model_id).tags["idea"] == "trend"
