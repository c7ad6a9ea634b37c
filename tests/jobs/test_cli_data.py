import json
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

import jobs.ingest
from cluster.errors import BadInput
from cluster.providers.synthetic import SyntheticProvider
from cluster.settings import Settings
from cluster.stores.lake import Lake
from jobs.cli_data import data
from jobs.freshness import freshness
from jobs.ingest import ingest

NOW = datetime(2026, 3, 14, 15, tzinfo=UTC)


@pytest.fixture
def trii_data(tmp_path, monkeypatch):
    """`trii data …` in a home of its own, with a synthetic market of three."""
    monkeypatch.setenv("TRII_HOME", str(tmp_path))
    monkeypatch.setattr(
        jobs.ingest, "get_provider", lambda _name, *, seed: SyntheticProvider(instruments=3)
    )

    def run(*arguments):
        return CliRunner().invoke(data, arguments, standalone_mode=False)

    return run


def test_ingest_reports_what_it_wrote(trii_data):
    result = trii_data("ingest", "--dataset", "synthetic", "--json")
    (report,) = json.loads(result.stdout)
    assert result.return_value == 0
    assert report["instruments"] == 3
    assert [one["timeframe"] for one in report["timeframes"]] == ["1Day", "1Min"]


def test_one_unknown_dataset_among_known_ones_starts_nothing(trii_data, tmp_path):
    result = trii_data("ingest", "--dataset", "synthetic", "--dataset", "nope")
    assert isinstance(result.exception, BadInput)
    assert list(tmp_path.iterdir()) == []


def test_symbols_finds_by_part_of_the_symbol_whatever_its_case(trii_data):
    trii_data("ingest", "--dataset", "synthetic")
    found = json.loads(trii_data("symbols", "syn002", "--json").stdout)
    assert [(one["symbol"], one["synthetic"]) for one in found] == [("SYN002", True)]
    assert "SYN003" in trii_data("symbols", "--universe", "synthetic").stdout


def test_status_of_an_empty_lake_says_what_to_do(trii_data):
    assert "trii data ingest" in trii_data("status").stdout
    empty = json.loads(trii_data("status", "--json").stdout)
    assert empty == {"snapshot": None, "datasets": [], "absent": ["synthetic", "sample"]}


def test_status_tells_rows_sessions_and_snapshot(trii_data):
    trii_data("ingest", "--dataset", "synthetic")
    status = json.loads(trii_data("status", "--json").stdout)
    daily, minutes = status["datasets"]
    assert status["snapshot"].startswith("bars@2,instruments@")
    assert (daily["timeframe"], minutes["rows"]) == ("1Day", 3 * 14_400)


def test_freshness_counts_the_sessions_that_closed_since(trii_data, tmp_path):
    ingest(Settings(home=tmp_path), dataset="synthetic", clock=lambda: NOW)
    lake = Lake(tmp_path / "lake")
    assert [one.sessions_behind for one in freshness(lake, now=NOW)] == [0, 0]
    assert [one.sessions_behind for one in freshness(lake, now=NOW.replace(day=17))] == [3, 3]
