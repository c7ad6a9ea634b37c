"""MLflow's server and its token, over HTTP on the platform of this run."""

import base64
from uuid import uuid4

import httpx
import pytest

from cluster.registry.mlflow_client import use_platform

pytestmark = pytest.mark.platform

EXPERIMENTS = "/api/2.0/mlflow/experiments/search?max_results=1"


@pytest.fixture
def mlflow(platform):
    with httpx.Client(base_url=platform.mlflow_url, trust_env=False) as client:
        yield client


def basic(password):
    return "Basic " + base64.b64encode(f"anybody:{password}".encode()).decode()


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer wrong", "Basic", "Basic ???", basic("wrong"), basic(""), "Digest x"],
)
def test_nothing_is_answered_without_the_token(mlflow, authorization):
    headers = {"Authorization": authorization} if authorization else {}
    for path in (EXPERIMENTS, "/", "/api/2.0/mlflow-artifacts/artifacts", "/health/../"):
        assert mlflow.get(path, headers=headers).status_code == 401


def test_the_token_opens_it_to_clients_and_as_a_password_to_browsers(mlflow, platform):
    token = platform.mlflow_token.get_secret_value()
    for authorization in (f"Bearer {token}", basic(token)):
        answer = mlflow.get(EXPERIMENTS, headers={"Authorization": authorization})
        assert answer.status_code == 200


def test_health_needs_no_token(mlflow):
    assert mlflow.get("/health").text == "OK"


def test_the_database_password_is_on_no_command_line(platform):
    from pathlib import Path

    from cluster.laptop import processes
    from cluster.laptop import state as states

    secrets = [path.read_text() for path in (platform.home / "secrets").iterdir()]
    state = states.load(platform.home)
    for process in processes.marked(state.platform_id):
        line = Path(f"/proc/{process.pid}/cmdline")
        text = line.read_text() if line.exists() else ""
        assert not [secret for secret in secrets if secret in text]


def test_a_jobs_token_leaves_alone_what_a_version_came_of(platform, mlflow, monkeypatch):
    """Of a run as of a logged model; MLflow's own registry is asked."""
    for name in platform.mlflow_variables():  # put back afterwards
        monkeypatch.setenv(name, "")
    client, name = use_platform(platform), f"own-{uuid4().hex[:8]}"
    experiment = client.create_experiment(name)
    model, run = client.create_logged_model(experiment), client.create_run(experiment).info
    token = {"Authorization": f"Bearer {platform.mlflow_jobs_token.get_secret_value()}"}
    places = (f"models/{model.model_id}", run.run_id)

    def write():
        files = [
            f"/api/2.0/mlflow-artifacts/artifacts/{experiment}/{at}/artifacts/x" for at in places
        ]
        return [mlflow.put(file, content=b"mine", headers=token).status_code for file in files]

    assert write() == [200, 200]
    client.finalize_logged_model(model.model_id, "READY")
    client.create_registered_model(name)
    client.create_model_version(name, f"models:/{model.model_id}", model_id=model.model_id)
    client.create_model_version(name, f"{run.artifact_uri}/x", run.run_id)
    refused = write()
    client.delete_registered_model(name)
    assert refused == [403, 403]
