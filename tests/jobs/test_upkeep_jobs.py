"""The jobs that schedules run over the lake: they tell what they did, and fail when they should."""

from datetime import UTC, datetime, timedelta

import pytest

from cluster.providers.synthetic import SyntheticProvider
from cluster.settings import Settings
from cluster.stores.lake import Lake
from jobs import check_freshness, compact, expire
from jobs.check_freshness import stale_datasets
from jobs.ingest.run import ingest

NOW = datetime(2026, 3, 14, 15, tzinfo=UTC)


class Daily(SyntheticProvider):
    """Two instruments, daily bars alone."""

    timeframes = ("1Day",)


@pytest.fixture
def lake(tmp_path, monkeypatch):
    monkeypatch.setenv("TRII_HOME", str(tmp_path))
    settings = Settings(home=tmp_path)
    ingest(settings, dataset="synthetic", clock=lambda: NOW, provider=Daily(instruments=2))
    return Lake(settings.lake_url)


def test_data_are_stale_only_when_more_sessions_are_missing_than_allowed(lake):
    later = NOW + timedelta(days=2)
    assert stale_datasets(lake, ["synthetic"], behind=2, now=later) == []
    assert stale_datasets(lake, ["synthetic"], behind=1, now=later) == [
        "synthetic 1Day is 2 sessions behind"
    ]


def test_a_dataset_that_is_not_there_is_stale_and_others_do_not_matter(lake):
    assert stale_datasets(lake, ["mine"], behind=1, now=NOW) == ["mine is not in the lake"]


def test_the_check_fails_with_what_is_stale_on_its_last_line(lake, capsys):
    assert check_freshness.main(["--dataset", "mine"]) == 1
    assert capsys.readouterr().out == "stale: mine is not in the lake\n"


def test_compaction_and_expiry_say_what_they_did_and_keep_every_row(lake, capsys):
    before = lake.holdings()
    assert (compact.main(), expire.main()) == (0, 0)
    out = capsys.readouterr().out
    assert "tables compacted" in out
    assert "0 expired files removed" in out
    assert [one.rows for one in lake.holdings()] == [one.rows for one in before]
