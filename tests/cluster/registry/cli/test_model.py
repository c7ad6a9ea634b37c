"""`trii model` on a real registry: what is listed, what serves, and what is not known."""

import json
import os
import uuid

import pytest

from cluster.cli.main import main
from cluster.desired import store as desired
from cluster.desired.store import ServedModel
from cluster.laptop import identity
from cluster.registry.mlflow_client import Registry
from cluster.stores.postgres import connect


@pytest.fixture
def settings(database, mlflow_server):
    named = ("mlflow_port", "mlflow_token")
    yield database.model_copy(update={name: getattr(mlflow_server, name) for name in named})
    with connect(database, "owner") as connection:
        connection.execute("TRUNCATE desired")


@pytest.fixture(autouse=True)
def _environment():
    """MLflow's client is set up through the environment: put it back."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def trii(capsys, settings, monkeypatch):
    """Run `trii model`; gives status, output, errors."""
    monkeypatch.setattr(identity, "running_settings", lambda: settings)

    def run(*arguments):
        with pytest.raises(SystemExit) as info:
            main(["model", *arguments])
        return info.value.code, *capsys.readouterr()

    return run


@pytest.fixture
def model(settings, manifest, arrays):
    """The name of a model with one version."""
    name = f"model-{uuid.uuid4().hex[:8]}"
    Registry.from_settings(settings).register(
        name, lambda version: manifest(name=name, version=version), arrays, params={}, documents={}
    )
    return name


def test_a_registered_model_is_listed_with_the_version_that_serves(trii, settings, model):
    row = {"name": model, "serving": None}
    assert row in json.loads(trii("list", "--json")[1])
    served = ServedModel(
        name=model, version="1", alias="champion", kind="probability", horizon=21,
        folder="/nowhere", sha256="0" * 64,
    )  # fmt: skip
    with connect(settings, "jobs") as connection:
        desired.set_model(connection, settings.cluster_id, served)
    assert row | {"serving": "1"} in json.loads(trii("list", "--json")[1])
    code, out, _ = trii("list")
    assert code == 0
    assert [model, "1"] in [line.split() for line in out.splitlines()]


def test_the_versions_of_a_model_are_shown(trii, model):
    code, out, err = trii("show", model, "--json")
    assert code == 0, err
    (version,) = json.loads(out)
    assert (version["name"], version["version"]) == (model, "1")
    code, out, _ = trii("show", model)
    assert (code, out.split()[:3]) == (0, ["version", "aliases", "created"])


def test_a_name_that_is_not_known_is_one_line_and_names_those_that_are(trii, model):
    code, out, err = trii("show", "nobody")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert model in err
