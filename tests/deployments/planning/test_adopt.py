"""A cluster that takes another's place: it wants the same, and nothing of its own is lost."""

import json

import pytest

from cluster.cli.main import main
from cluster.desired import store as desired
from cluster.desired.store import ServedModel
from cluster.laptop import identity
from cluster.stores.postgres import connect

MODEL = ServedModel(
    name="volatility-regime", version="7", alias="champion", kind="probability", horizon=21,
    folder="s3://m/7", sha256="a" * 64,
)  # fmt: skip


@pytest.fixture
def second(database, monkeypatch):
    """Settings of another cluster on the same database, whose rows go away with the test."""
    settings = database.model_copy(update={"cluster_id": "second"})
    monkeypatch.setattr(identity, "running_settings", lambda: settings)
    with connect(database, "serve") as connection:
        desired.set_application(connection, "first", "live", {"deployments": {"Live": {"x": 1}}})
        desired.set_model(connection, "first", MODEL)
        desired.set_application(connection, "second", "own", {})
    yield settings
    with connect(database, "owner") as connection:
        connection.execute("DELETE FROM desired WHERE cluster IN ('first', 'second')")


def run(*words):
    with pytest.raises(SystemExit) as ended:
        main(["cluster", "adopt", *words])
    return ended.value.code


def test_applications_with_their_options_and_models_are_wanted_as_there(second, capsys):
    assert run("first", "--json") == 0
    assert json.loads(capsys.readouterr().out)["applications"] == ["live"]
    with connect(second, "serve") as connection:
        wanted = desired.read(connection, "second")
    assert wanted.applications == {"live": {"deployments": {"Live": {"x": 1}}}, "own": {}}
    assert list(wanted.models) == [MODEL]

    assert run("first") == 0
    with connect(second, "serve") as connection:
        assert desired.read(connection, "second").epoch == wanted.epoch  # nothing new was said


def test_a_name_that_can_mean_nothing_is_refused_with_those_there_are(second, capsys):
    assert run("third") == 2
    assert "there is first, " in capsys.readouterr().err.replace("laptop, ", "")
    assert run("second") == 2
    assert "second is this cluster itself" in capsys.readouterr().err
