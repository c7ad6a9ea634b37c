"""`trii data drop`: what stands goes, what hangs on it is named, and snapshots read on."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from click.testing import CliRunner

from cluster.backtests.store import insert_backtest
from cluster.clock import utc_now
from cluster.errors import BadInput, NotFound
from cluster.laptop import identity
from cluster.stores.lake import Lake
from cluster.stores.lake.dropping import drop as take_out
from cluster.stores.lake.dropping import find
from cluster.stores.lake.maintenance import SHORTEST, compact, expire
from cluster.stores.postgres import connect
from deployments.quotes.sources import CloseSource
from deployments.quotes.table import QuoteTable
from jobs.data.cli import data
from jobs.data.cli import drop as cli_drop
from market.universes import Membership
from tests.lakes import AAPL

HEAD = "Date,Close\n"
GOOD = "2024-01-02,10\n2024-01-03,11\n2024-01-04,12\n"
HELD = "2024-01-06,12\n"  # a Saturday
AT = datetime(2024, 2, 1, tzinfo=UTC)


@pytest.fixture
def trii(tmp_path, monkeypatch):
    """`trii data …` with mine:AAA, mine:BBB (a row of it held, a split) and yours:AAA in its lake."""
    monkeypatch.setenv("TRII_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "AAA.csv").write_text(HEAD + GOOD)
    (tmp_path / "BBB.csv").write_text(HEAD + GOOD.replace("12", "6") + HELD)

    def run(*arguments):
        return CliRunner().invoke(data, arguments, standalone_mode=False)

    run.lake = Lake(tmp_path / "home" / "lake")
    run("ingest", "--dataset", "mine", "--files", "AAA.csv", "BBB.csv")
    run("ingest", "--dataset", "yours", "--files", "AAA.csv")
    assert run("action", "mine:BBB", "split", "2024-01-04", "--ratio", "2").exception is None
    stays = [
        Membership("pair", f"mine:{name}", date(2024, 1, 2), None, AT) for name in ("AAA", "BBB")
    ]
    run.lake.append_memberships(stays, recorded_at=utc_now())
    return run


def held(lake):
    """How many bars of each instrument, and how many rows wait in quarantine."""
    ids = [one.instrument_id for one in lake.instruments()]
    counts = {name: len(bars) for name, bars in lake.histories(ids, timeframe="1Day").items()}
    return counts, lake.tables["quarantine"].read().num_rows


def test_a_dropped_dataset_is_gone_from_everything_that_stands(trii):
    before = trii.lake.snapshot()
    assert "mine" in trii("symbols", "BBB").stdout
    result = trii("drop", "mine", "--yes")
    assert result.exception is None
    assert "6 rows of bars" in result.stdout
    assert "member of the universes pair" in result.stdout
    assert (
        "the platform is not running: its backtests and trials were not looked at" in result.stdout
    )
    assert held(trii.lake) == ({"yours:AAA": 3}, 0)
    assert trii.lake.actions() == trii.lake.memberships() == []
    assert {holding.dataset for holding in trii.lake.holdings()} == {"yours"}
    assert "mine" not in trii("symbols").stdout + trii("status").stdout
    assert trii.lake.resolve("AAA", at=AT).instrument_id == "yours:AAA"
    # Who recorded the snapshot reads what stood then.
    old = trii.lake.bars(["mine:AAA", "mine:BBB"], timeframe="1Day", snapshot=before)
    assert old["close"].to_pylist() == [10.0, 11.0, 12.0, 10.0, 11.0, 6.0]
    assert len(trii.lake.instruments(snapshot=before)) == 3
    assert len(trii.lake.actions(snapshot=before)) == 1


def test_a_dropped_instrument_leaves_the_others_of_its_dataset(trii):
    document = json.loads(trii("drop", "mine:BBB", "--yes", "--json").stdout)
    assert document["dropped"] == "mine:BBB"
    assert document["rows"] == {"universes": 1, "actions": 1, "quarantine": 1, "bars": 3, "instruments": 1}  # fmt: skip
    assert document["hanging"] == {"universes": ["pair"], "backtests": None, "trials": None}
    assert held(trii.lake) == ({"mine:AAA": 3, "yours:AAA": 3}, 0)
    assert [one.instrument_id for one in trii.lake.universe("pair")] == ["mine:AAA"]


def test_what_was_dropped_can_be_taken_again_and_nothing_of_before_comes_back(trii, tmp_path):
    trii("drop", "mine", "--yes")
    (tmp_path / "AAA.csv").write_text(HEAD + GOOD.splitlines(keepends=True)[0].replace("10", "20"))
    (report,) = json.loads(
        trii("ingest", "--dataset", "mine", "--files", "AAA.csv", "--json").stdout
    )
    assert report["timeframes"][0]["written"] == 1
    bars = trii.lake.bars(["mine:AAA", "mine:BBB"], timeframe="1Day")
    assert bars["close"].to_pylist() == [20.0]
    assert [one.instrument_id for one in trii.lake.instruments()] == ["mine:AAA", "yours:AAA"]


def test_snapshots_outlive_compaction_and_expiry_and_the_tables_stay_append_only(trii):
    before = trii.lake.snapshot()
    trii("drop", "mine:BBB", "--yes")
    compact(trii.lake, at_least=2)
    expire(trii.lake, retention=SHORTEST)
    old = trii.lake.bars(["mine:BBB"], timeframe="1Day", snapshot=before)
    assert old.num_rows == 3
    for table in trii.lake.tables.values():
        if (version := table.delta.version()) is not None:
            assert table.delta.at(version).metadata().configuration["delta.appendOnly"] == "true"


def test_a_dataset_whose_name_is_nearly_another_s_takes_nothing_of_it(tmp_path):
    lake = Lake(tmp_path)
    recorded = datetime(2026, 9, 2, tzinfo=UTC)
    for dataset in ("my-data", "my_data"):
        own = replace(AAPL, dataset=dataset, instrument_id=f"{dataset}:AAPL")
        lake.append_instruments(dataset, [own], recorded_at=recorded)
    take_out(lake, find(lake, "my_data"))
    assert [one.instrument_id for one in lake.instruments()] == ["my-data:AAPL"]


def test_its_quotes_go_with_it(trii):
    table = QuoteTable(max_age_s=5)
    source = CloseSource(table, lake=trii.lake, streamed=(), clock=lambda: AT)

    def quoted():
        if (closes := source.changed()) is not None:
            source.tell(closes)
        return sorted(table.symbols())

    assert quoted() == ["AAA", "BBB", "mine:AAA", "mine:BBB", "yours:AAA"]
    trii("drop", "mine", "--yes")
    assert quoted() == ["AAA", "yours:AAA"]
    assert quoted() == ["AAA", "yours:AAA"]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("mne", "no dataset 'mne'; did you mean mine"),
        ("mine:AAB", "mine has no 'AAB'; did you mean AAA"),
        ("mine:' OR 1=1 --", "mine has no"),
    ],
)
def test_a_name_of_nothing_gets_near_ones_and_drops_nothing(trii, name, told):
    before = trii.lake.snapshot()
    result = trii("drop", name, "--yes")
    assert isinstance(result.exception, NotFound)
    assert told in str(result.exception)
    assert trii.lake.snapshot() == before


def test_nothing_is_dropped_unless_somebody_says_so(trii):
    before = trii.lake.snapshot()
    result = trii("drop", "mine")
    assert isinstance(result.exception, BadInput)
    assert "say --yes" in str(result.exception)
    assert trii.lake.snapshot() == before


def test_backtests_that_read_it_are_named(trii, database, monkeypatch):
    monkeypatch.setattr(identity, "running_settings", lambda: database)
    with connect(database, "owner") as connection:
        connection.execute("TRUNCATE backtests CASCADE")
    asked = {"bt-mine": "mine", "bt-one": "mine:BBB,CCC", "bt-pair": "pair", "bt-other": "sample"}
    with connect(database, "jobs") as connection:
        for run, universe in asked.items():
            insert_backtest(
                connection, run, definition="a" * 64, request={"universe": universe}, created_at=AT
            )
    of_all = cli_drop.hanging_on(trii.lake, find(trii.lake, "mine"))
    assert (sorted(of_all.backtests), of_all.trials) == (["bt-mine", "bt-one", "bt-pair"], [])
    of_one = cli_drop.hanging_on(trii.lake, find(trii.lake, "mine:AAA"))
    assert sorted(of_one.backtests) == ["bt-mine", "bt-pair"]
