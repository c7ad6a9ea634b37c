"""`trii universe list` names what `--universe` takes, with what there is of each."""

import json
from dataclasses import replace
from datetime import date

import pytest
from click.testing import CliRunner

from cluster.stores.lake import Lake
from cluster.universes.cli import universe
from market.universes import Membership
from tests import lakes


@pytest.fixture
def listed(tmp_path, monkeypatch):
    """The names of a lake of the platform's home, as `--json` and as text."""
    monkeypatch.setenv("TRII_HOME", str(tmp_path))

    def run(*arguments):
        return CliRunner().invoke(universe, ["list", *arguments], standalone_mode=False).stdout

    return run


def test_datasets_their_parts_and_stored_universes_are_listed(listed, tmp_path):
    lake = Lake(tmp_path / "lake")
    lakes.fill(lake)
    index = replace(lakes.AAPL, instrument_id="sample:^IXIC", symbol="^IXIC", fields="ohlcv")
    lake.append_instruments("sample", [index], recorded_at=lakes.RECORDED)
    stays = [
        Membership("top", "synthetic:SYN001", date(2022, 1, 3), None, lakes.RECORDED),
        Membership("left", "sample:AAPL", date(2020, 1, 6), date(2021, 1, 4), lakes.RECORDED),
    ]
    lake.append_memberships(stays, recorded_at=lakes.RECORDED)
    rows = [tuple(row.values()) for row in json.loads(listed("--json"))]
    ends = (str(lakes.SAMPLE_FIRST), str(lakes.SAMPLE_LAST))
    assert rows == [
        ("synthetic", "dataset", 3, str(lakes.FIRST), str(lakes.LAST)),
        ("sample", "part of a dataset", 1, *ends),
        ("index", "part of a dataset", 1, None, None),
        ("left", "stored", 1, "2020-01-06", "2021-01-03"),
        ("top", "stored", 1, "2022-01-03", str(lakes.LAST)),
    ]
    assert "stored" in listed()
    for name in (row[0] for row in rows):
        assert lake.universe(name)


def test_an_empty_lake_has_none(listed):
    assert json.loads(listed("--json")) == []
