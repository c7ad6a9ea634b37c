"""Models and versions read from a real MLflow server, filled through its own REST interface."""

import httpx
import pytest

from cluster.errors import Overloaded
from cluster.registry.reader import RegistryReader
from deployments.api.app import make_api
from tests.mlflow_server import forget_models
from tests.tls import make_authority, tls_before


@pytest.fixture(scope="module")
def mlflow(mlflow_server):
    forget_models(mlflow_server)
    fill(mlflow_server.mlflow_url)
    return mlflow_server


def fill(url):
    """A model with a champion, a second version, and a third whose registration never ended."""
    with httpx.Client(base_url=f"{url}/api/2.0/mlflow/", trust_env=False, timeout=30) as client:

        def call(path, **body):
            answer = client.post(path, json=body)
            assert answer.status_code == 200, answer.text
            return answer.json()

        model = {"name": "volatility-regime"}
        call("registered-models/create", **model, description="regimes")
        call("registered-models/create", name="another")
        run = call("runs/create", experiment_id="0")["run"]["info"]
        source = {"source": f"{run['artifact_uri']}/model", "run_id": run["run_id"]}
        for version in ("1", "2", "3"):
            call("model-versions/create", **model, **source)
            tags = {"trii.kind": "probability", "trii.sha256": version * 64}
            for key, value in tags.items() if version != "3" else ():
                call("model-versions/set-tag", **model, version=version, key=key, value=value)
        call("registered-models/alias", **model, alias="champion", version="1")


@pytest.fixture
async def client(mlflow, client_of, alive):
    app = make_api(mlflow)
    async with alive(app):
        yield client_of(app)


async def test_models_are_listed_with_their_aliases(client):
    found = (await client.get("/v1/models")).json()["data"]
    assert [one["name"] for one in found] == ["another", "volatility-regime"]
    assert found[1]["aliases"] == {"champion": "1"}
    assert found[1]["description"] == "regimes"
    assert found[1]["created_at"].endswith("Z")


async def test_complete_versions_are_listed_newest_first(client):
    found = (await client.get("/v1/models/volatility-regime/versions")).json()["data"]
    assert [(one["version"], one["aliases"]) for one in found] == [("2", []), ("1", ["champion"])]
    assert found[0]["sha256"] == "2" * 64
    assert found[0]["properties"] == {"kind": "probability"}
    # Whoever made them said nothing else of them, and their run is not among ours.
    assert (found[0]["metrics"], found[0]["dataset"], found[0]["gates"]) == ({}, None, None)


async def test_an_unknown_model_is_not_found(client, problem):
    problem(await client.get("/v1/models/volatility/versions"), 404, "not_found")


def test_a_registry_behind_tls_is_read_where_its_certificate_holds(mlflow, tmp_path):
    authority = make_authority(tmp_path)
    with tls_before(mlflow.mlflow_port, authority) as port:
        guarded = mlflow.model_copy(
            update={"mlflow_port": port, "mlflow_tls": True, "mlflow_ca": authority.ca}
        )
        reader = RegistryReader.from_settings(guarded)
        assert "another" in [model.name for model in reader.models()]
        reader.close()
        reader = RegistryReader.from_settings(guarded.model_copy(update={"mlflow_ca": None}))
        with pytest.raises(Overloaded):
            reader.models()
        reader.close()
