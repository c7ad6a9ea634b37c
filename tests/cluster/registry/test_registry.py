"""The registry against a real MLflow server."""

import os
import uuid
from dataclasses import replace

import mlflow
import numpy as np
import pandas as pd
import pytest

from cluster.errors import NotFound, StoreError
from cluster.registry import artifact
from cluster.registry.artifact import ARRAYS, ArtifactError
from cluster.registry.mlflow_client import Registry, use_platform
from cluster.registry.runner import ModelRunner
from cluster.stores.places import at
from market.features import CLOSE_VOLATILITY
from tests.tls import make_authority, tls_before


@pytest.fixture(autouse=True)
def _environment():
    """MLflow's client is set up through the environment: put it back."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def registry(mlflow_server):
    return Registry.from_settings(mlflow_server)


@pytest.fixture
def name():
    return f"model-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def register(registry, name, manifest, arrays):
    def once(**changes):
        return registry.register(
            name,
            lambda version: manifest(name=name, version=version, **changes),
            arrays,
            params={"hidden": (32, 16)},
            documents={"gates": {"passed": True}},
        )

    return once


def test_a_registered_version_comes_back_as_it_was(registry, register, name, arrays):
    version = register()
    assert (version.name, version.version) == (name, "1")
    runner = ModelRunner.load(registry.fetch(version), sha256=version.sha256)
    assert runner.manifest.version == "1"
    _, stored = artifact.read(registry.fetch(version), sha256=version.sha256)
    assert stored["parameters"].tobytes() == arrays["parameters"].tobytes()


def test_a_run_holds_what_a_reader_asks_of_a_model(registry, register, mlflow_server):
    version = register(panel="ab" * 32, trained_on=("sample:AAPL",))
    client = use_platform(mlflow_server)
    run = client.get_run(version.run_id)
    assert (run.info.status, run.info.run_name) == ("FINISHED", f"{version.name} version 1")
    (learned,) = run.inputs.dataset_inputs
    assert (learned.dataset.name, learned.dataset.digest) == ("sample", "ab" * 18)
    described = client.get_model_version(version.name, "1").description
    assert described == "test. Mlp on universe sample (1 instrument), snapshot b1-i1."
    assert client.get_registered_model(version.name).description == "test"
    assert run.data.metrics == {"validation_accuracy": 0.72}
    assert run.data.params == {"hidden": "(32, 16)"}
    assert run.data.tags["trii.feature_hash"] == CLOSE_VOLATILITY.definition_hash
    assert run.data.tags["trii.snapshot"] == "b1-i1"
    assert {one.path for one in client.list_artifacts(version.run_id)} == {"model", "gates.json"}


@pytest.mark.filterwarnings("default")  # MLflow's own loading code
def test_plain_mlflow_loads_it(registry, register, name, mlflow_server):
    version = register()
    registry.set_alias(name, "champion", version.version)
    mlflow.set_tracking_uri(mlflow_server.mlflow_url)
    model = mlflow.pyfunc.load_model(f"models:/{name}@champion")
    rows = np.random.default_rng(0).normal(size=(5, len(CLOSE_VOLATILITY.columns)))
    said = model.predict(pd.DataFrame(rows, columns=list(CLOSE_VOLATILITY.names)))
    runner = ModelRunner.load(registry.fetch(version), sha256=version.sha256)
    assert said.tobytes() == runner.predict(rows).tobytes()
    assert model.metadata.get_input_schema().input_names() == list(CLOSE_VOLATILITY.names)


def test_aliases_move(registry, register, name):
    assert registry.resolve(name, "champion") is None
    first, second = register(), register()
    assert registry.resolve(name, "champion") is None
    registry.set_alias(name, "champion", first.version)
    registry.set_alias(name, "champion", second.version)
    registry.set_alias(name, "previous", first.version)
    assert registry.resolve(name, "champion").version == "2"
    assert [one.aliases for one in registry.versions(name)] == [("champion",), ("previous",)]
    assert name in registry.models()


def test_a_version_that_fails_on_its_way_is_not_there(registry, register, name, mlflow_server):
    with pytest.raises(ValueError, match="horizon"):
        register(horizon=0)
    assert registry.versions(name) == []
    client = use_platform(mlflow_server)
    experiment = client.get_experiment_by_name("trii").experiment_id
    runs = client.search_runs([experiment], f"attributes.run_name = '{name}'")
    assert [run.info.status for run in runs] == ["FAILED"]


@pytest.mark.long
def test_a_version_is_fetched_to_a_bucket_from_which_every_node_loads_it(
    register, mlflow_server, object_store
):
    version = register()
    there = mlflow_server.model_copy(update=object_store.settings(object_store.folder()))
    for _ in range(2):
        folder = Registry.from_settings(there).fetch(version)
        runner = ModelRunner.load(at(folder.url), sha256=version.sha256)
        assert runner.manifest.version == version.version
        (folder / ARRAYS).write_bytes(b"spoilt")  # the second time it is fetched again
    with pytest.raises(ArtifactError, match="fetch the version again"):
        ModelRunner.load(folder, sha256=version.sha256)


def test_a_spoilt_folder_is_fetched_again(registry, register):
    version = register()
    folder = registry.fetch(version)
    (folder / ARRAYS).write_bytes(b"spoilt")
    assert artifact.digest(registry.fetch(version)) == version.sha256


def test_what_mlflow_holds_must_be_what_was_registered(registry, register):
    version = register()
    wrong = replace(version, sha256="0" * 64)
    with pytest.raises(ArtifactError, match="registered was 000000000000"):
        registry.fetch(wrong)


def test_unknown_names_are_not_found(registry, name):
    assert registry.versions(name) == []
    with pytest.raises(NotFound, match=name):
        registry.version(name, "1")


def test_a_server_that_is_away_is_one_line(mlflow_server):
    away = mlflow_server.model_copy(update={"mlflow_port": 1})
    with pytest.raises(StoreError, match=r"^MLflow, list of models: ") as failure:
        Registry.from_settings(away).models()
    assert "\n" not in str(failure.value)


@pytest.mark.long
def test_a_server_behind_tls_is_who_its_certificate_says_or_is_told_nothing(
    mlflow_server, tmp_path
):
    other_folder = tmp_path / "other"
    other_folder.mkdir()
    ours, other = make_authority(tmp_path), make_authority(other_folder)
    with tls_before(mlflow_server.mlflow_port, ours) as port:
        tls = {"mlflow_port": port, "mlflow_tls": True, "mlflow_ca": ours.ca}
        guarded = mlflow_server.model_copy(update=tls)
        assert Registry.from_settings(guarded).versions("nobody") == []
        for wrong in ({"mlflow_ca": other.ca}, {"mlflow_host": "localhost"}):
            with pytest.raises(StoreError, match=r"(?i)certificate|ssl"):
                Registry.from_settings(guarded.model_copy(update=wrong)).models()
