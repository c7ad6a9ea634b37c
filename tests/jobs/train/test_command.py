"""The training job: from options to a version in the control truth, or one line of error."""

import os
from dataclasses import replace
from datetime import UTC, datetime

import orjson
import pytest
from skfolio.datasets import load_sp500_dataset

from cluster.desired import store as desired
from cluster.queue.progress import JobProgress, last
from cluster.registry.reader import RegistryReader
from cluster.requests.universe import digest
from cluster.stores.lake import Lake
from cluster.stores.postgres import connect
from jobs.train import __main__ as train
from tests.databases import data_at
from tests.lakes import AAPL
from tests.mlflow_server import forget_models
from tests.training.conftest import bars

SYMBOLS = ("AAPL", "JNJ", "XOM")
NOW = datetime(2026, 1, 5, tzinfo=UTC)
SMALL = ("--hidden=4", "--epochs=1", "--weight-decay=0.01")


@pytest.mark.parametrize(
    ("options", "places"),
    [
        (["--epochs=many"], ["epochs"]),
        (["--hidden=64,", "--learning-rate=2", "--seed=-1"], ["hidden.1", "learning_rate", "seed"]),
        (["--model=return-quantiles"], ["expected volatility-regime"]),
    ],
)
def test_bad_input_is_one_line_with_every_fault(monkeypatch, capsys, tmp_path, options, places):
    monkeypatch.setenv("TRII_HOME", str(tmp_path))
    assert train.main(options) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert all(place in err for place in places)


def test_a_home_without_data_is_one_line(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("TRII_HOME", str(tmp_path))
    assert train.main([]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "trii data ingest" in err


def test_an_unknown_option_is_bad_input(capsys):
    assert train.main(["--colour=1"]) == 2
    assert "unrecognized arguments: --colour=1" in capsys.readouterr().err


@pytest.fixture
def registered(database, mlflow_server, tmp_path, monkeypatch):
    """A PostgreSQL, an MLflow, and a lake with three of the sample equities; nothing is deployed."""
    before = dict(os.environ)
    forget_models(mlflow_server)
    own = data_at(tmp_path) | {"mlflow_port": mlflow_server.mlflow_port}
    settings = database.model_copy(update=own)
    fill(Lake(settings.lake_url))
    monkeypatch.setattr(train, "load_settings", lambda: settings)
    yield settings
    os.environ.clear()
    os.environ.update(before)
    with connect(database, "owner") as connection:
        connection.execute("TRUNCATE desired")


def fill(lake):
    prices = load_sp500_dataset()
    sessions = prices.index.to_numpy().astype("datetime64[D]")
    first = sessions[0].item()
    for symbol in SYMBOLS:
        one = replace(AAPL, instrument_id=f"sample:{symbol}", symbol=symbol, valid_from=first)
        lake.append_instruments("sample", [one], recorded_at=NOW)
        rows = bars(one.instrument_id, sessions, prices[symbol].to_numpy(float))
        lake.append_bars("sample", "1Day", rows.to_arrow(recorded_at=NOW), recorded_at=NOW)


def wanted(settings):
    with connect(settings, "jobs") as connection:
        found = desired.read(connection, settings.cluster_id)
    return {model.name: model.version for model in found.models}, found.epoch


def test_a_training_reports_its_progress_and_leaves_one_document(registered, capsys):
    members = ["--universe=sample", "--members=AAPL,sample:JNJ"]
    assert train.main([*SMALL, *members, "--no-promote", "--json"]) == 0
    out, err = capsys.readouterr()
    said = orjson.loads(out)
    assert (said["model"], said["version"], said["promoted"]) == ("volatility-regime", "1", False)
    assert last(err) == JobProgress(7, 7, "networks")
    assert wanted(registered) == ({}, 0)

    with RegistryReader.from_settings(registered) as registry:
        (version,) = registry.versions("volatility-regime")
    ids = [f"sample:{symbol}" for symbol in SYMBOLS[:2]]
    assert version.properties["universe"] == "sample:AAPL,sample:JNJ"
    assert version.properties["members"] == digest(ids)
    assert version.dataset.source["members"] == digest(ids)
    assert "(2 instruments until" in version.description

    assert train.main([*SMALL, "--seed=3"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("volatility-regime version 3: ")
    assert "serving return-quantiles version 1" in err
    versions, _ = wanted(registered)
    assert versions["return-quantiles"] == "1"
    assert versions["volatility-regime"] in {
        "2",
        "3",
    }  # persistence, or the network if it is better
