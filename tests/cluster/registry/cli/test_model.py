"""`trii model` on a real registry: what is listed, what serves, what is known of a version and what not."""

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

GATES = [
    {"name": "accuracy", "value": 0.72, "relation": "above", "limit": 0.7, "holds": True},
    {
        "name": "overfit",
        "value": float("nan"),
        "relation": "at most",
        "limit": 0.08,
        "holds": False,
    },
]


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
    registry = Registry.from_settings(settings)
    for gates in (None, GATES):
        registry.register(
            name,
            lambda version: manifest(name=name, version=version, panel="ab" * 32),
            arrays,
            params={"hidden": (32, 16)},
            documents={},
            gates=gates,
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
    assert [model, "1", "test"] in [line.split() for line in out.splitlines()]


def test_a_version_says_how_good_it_is_what_it_passed_and_where_it_comes_from(trii, model):
    code, out, err = trii("show", model, "--json")
    assert code == 0, err
    second, first = json.loads(out)
    assert [(one["name"], one["version"]) for one in (second, first)] == [
        (model, "2"),
        (model, "1"),
    ]
    assert second["metrics"] == {"validation_accuracy": 0.72}
    assert second["parameters"] == {"hidden": "(32, 16)"}
    assert second["gates"] == [GATES[0], GATES[1] | {"value": None}]
    assert first["gates"] is None
    assert second["dataset"] == {
        "name": "sample",
        "digest": "ab" * 18,
        "source": {"universe": "sample", "snapshot": "b1-i1"},
    }
    assert second["properties"]["algorithm"] == "mlp"
    assert second["description"] == "test. Mlp on universe sample, snapshot b1-i1."
    code, out, err = trii("show", model, "--version", "1", "--json")
    assert [one["version"] for one in json.loads(out)] == ["1"]


def test_the_versions_of_a_model_are_shown_and_one_of_them_whole(trii, settings, model):
    code, out, err = trii("show", model)
    assert code == 0, err
    lines = [line.split() for line in out.splitlines()]
    assert lines[0] == ["version", "aliases", "created", "validation_accuracy", "gates"]
    assert [line[0] for line in lines[1:3]] == ["2", "1"]
    assert (lines[1][-4:], lines[2][-2:]) == (["1", "of", "2", "hold"], ["0.7200", "-"])
    assert out.count("version 2: test.") == 1
    assert "  accuracy 0.7200 (above 0.7): holds" in out
    assert "  overfit - (at most 0.08): fails" in out
    assert ["snapshot", "b1-i1"] in lines
    Registry.from_settings(settings).set_alias(model, "champion", "1")
    assert "\nversion 1: test." in trii("show", model)[1]
    assert "\nversion 2: test." in trii("show", model, "--version", "2")[1]


def test_a_version_that_is_not_there_names_those_that_are(trii, model):
    code, out, err = trii("show", model, "--version", "9")
    assert (code, out, err) == (2, "", "trii: --version 9: expected one of 2, 1\n")


@pytest.mark.parametrize("name", ["nobody", "o'clock", "' OR name LIKE '%"])
def test_a_name_that_is_not_known_is_one_line_and_names_those_that_are(trii, model, name):
    code, out, err = trii("show", name)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert model in err


def test_a_registry_that_is_away_is_one_line(trii, settings, monkeypatch):
    away = settings.model_copy(update={"mlflow_port": 1})
    monkeypatch.setattr(identity, "running_settings", lambda: away)
    for command in (["list"], ["show", "volatility-regime"]):
        code, out, err = trii(*command)
        assert (code, out, err.count("\n")) == (1, "", 1)
        assert "trii status" in err
