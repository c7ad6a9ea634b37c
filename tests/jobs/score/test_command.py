"""`python -m jobs.score`: one document out, one line of error, and the same rows through Ray."""

import json
import os
import re

import pytest

from cluster.errors import PlatformError
from cluster.queue.progress import last
from cluster.registry.mlflow_client import Registry
from cluster.settings import Settings
from cluster.stores.lake import Lake
from cluster.stores.lake.scores import scores
from jobs.fan_out import in_process, on_ray
from jobs.score import __main__ as command
from jobs.score.task import score
from tests import lakes
from tests.databases import data_at
from tests.jobs.score.conftest import manifest, network
from tests.mlflow_server import forget_models

GOOD = ("--model=volatility-regime", "--universe=synthetic")


@pytest.fixture
def _environment():
    """MLflow's client is set up through the environment: put it back."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def paper(tmp_path, registry, monkeypatch):
    """A home with a lake, and versions in folders instead of MLflow."""
    settings = Settings(home=tmp_path, _env_file=None)
    lakes.fill(Lake(settings.lake_url))
    monkeypatch.setattr(command, "load_settings", lambda: settings)
    monkeypatch.setattr(command.Registry, "from_settings", lambda _: registry)
    return settings


def test_the_outcome_is_one_json_document_and_progress_goes_beside_it(paper, capsys):
    arguments = [*GOOD, "--start=2025-12-01", "--id=score-7", "--json"]
    assert command.main(arguments) == 0
    out, err = capsys.readouterr()
    said = json.loads(out)
    assert (said["id"], said["model"], said["version"]) == ("score-7", "volatility-regime", "1")
    assert (said["written"], said["scored"], said["sessions"]) == (70, 70, 70)
    assert list(said["skipped"]) == ["synthetic:SYN003"]
    assert last(err).share == 1.0
    rows = scores(Lake(paper.lake_url), model="volatility-regime")
    assert rows["job_id"].unique().to_pylist() == ["score-7"]


def test_people_read_what_was_scored_and_what_was_skipped(paper, capsys):
    options = ["--model=return-quantiles", "--symbols=SYN001,SYN003", "--start=2026-01-01"]
    assert command.main(options) == 0
    out, _ = capsys.readouterr()
    assert "4 of 4 sessions" in out
    assert "synthetic:SYN003 has 369 sessions" in out


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--model=Regime", "--universe=sample", "--version=x"), "model: .*; version: expected"),
        ((*GOOD, "--end=soon"), "such as 2020-01-31"),
        ((*GOOD, "--id=A b"), "id: expected lower-case letters"),
        (("--model=volatility-regime", "--universe=nasdaq"), "universe 'nasdaq' is unknown"),
        (("--model=regime", "--universe=synthetic"), "'regime' has no versions: expected one of"),
    ],
)
def test_bad_input_is_one_line_and_status_2(paper, capsys, options, says):
    assert command.main(options) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert re.search(says, err)
    assert Lake(paper.lake_url).tables["scores"].delta.version() is None


def test_work_of_some_seconds_asks_for_the_cluster(paper, capsys, monkeypatch):
    monkeypatch.setattr("jobs.score.plan._IN_PROCESS_S", 0.0)

    def away(settings):
        raise PlatformError("no Ray cluster at 127.0.0.1:6379")

    monkeypatch.setattr("jobs.fan_out.connected", away)
    assert command.main(GOOD) == 1
    assert "no Ray cluster" in capsys.readouterr().err
    assert command.main([*GOOD, "--local"]) == 0


@pytest.mark.usefixtures("_environment")
def test_the_champion_of_the_registry_is_fetched_and_scored(
    mlflow_server, tmp_path, capsys, monkeypatch
):
    forget_models(mlflow_server)
    settings = mlflow_server.model_copy(update=data_at(tmp_path))
    registry = Registry.from_settings(settings)
    registry.register(
        "volatility-regime",
        lambda version: manifest(version=version),
        network(),
        params={},
        documents={},
    )
    registry.set_alias("volatility-regime", "champion", "1")
    lakes.fill(Lake(settings.lake_url))
    monkeypatch.setattr(command, "load_settings", lambda: settings)
    assert command.main([*GOOD, "--start=2025-06-30", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["version"], said["in_sample"]) == ("1", 1)
    assert command.main([*GOOD, "--version=9"]) == 2
    assert "has no version 9: expected champion, 1" in capsys.readouterr().err


@pytest.mark.long
@pytest.mark.filterwarnings("default")  # Ray's own
@pytest.mark.usefixtures("ray_cluster")
def test_ray_data_gives_the_rows_of_this_process_to_the_bit(held, plan):
    tasks = plan(held, model="return-quantiles", start="2025-06-01").tasks(held)
    assert len(tasks) == 2
    by_first = {table["instrument_id"][0].as_py(): table for table in on_ray(score, tasks)}
    assert [by_first[one] for one in sorted(by_first)] == list(in_process(score, tasks))
