import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

import jobs.ingest.run
from cluster.errors import BadInput
from cluster.providers.catalog import is_fetched
from cluster.providers.synthetic import SyntheticProvider
from cluster.settings import Settings
from cluster.stores.lake import Lake
from jobs.data.check import check
from jobs.data.cli import data
from jobs.freshness import freshness
from jobs.ingest.run import ingest
from tests.windowed import DAYS, Windowed

NOW = datetime(2026, 3, 14, 15, tzinfo=UTC)


@pytest.fixture
def trii_data(tmp_path, monkeypatch):
    """`trii data …` in a home of its own, with a synthetic market of three."""
    monkeypatch.setenv("TRII_HOME", str(tmp_path))
    monkeypatch.setattr(
        jobs.ingest.run, "get_provider", lambda *_, **__: SyntheticProvider(instruments=3)
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


def test_a_check_finds_the_same_however_many_rows_it_reads_at_a_time(
    trii_data, tmp_path, monkeypatch
):
    ingest(Settings(home=tmp_path), dataset="synthetic", clock=lambda: NOW)
    lake = Lake(tmp_path / "lake")
    together = list(check(lake, now=NOW))
    monkeypatch.setattr("jobs.data.check._TOGETHER", 20_000)
    assert [(one.symbol, one.timeframe) for one in together][2:4] == [
        ("SYN003", "1Day"),
        ("SYN001", "1Min"),
    ]
    assert list(check(lake, now=NOW)) == together


HEAD = "Date,Open,High,Low,Close,Volume\n"
GOOD = "2024-01-02,10,11,9,10.5,100\n2024-01-03,10,12,9,11.5,200\n"
BAD = "2024-01-04,10,9,9,10.5,100\n"


@pytest.fixture
def files(tmp_path, trii_data, monkeypatch):
    """A folder to work in beside the home, and a function that writes a file there."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("TRII_HOME", str(tmp_path / "home"))
    return lambda name, text: Path(name).write_text(text)


def ingest_files(trii_data, *arguments):
    return trii_data("ingest", "--dataset", "mine", "--files", *arguments)


def test_several_files_follow_one_option_and_all_good_is_status_0(trii_data, files):
    files("AAA.csv", HEAD + GOOD)
    files("BBB.csv", HEAD + GOOD.replace("100", "101"))
    result = ingest_files(trii_data, "AAA.csv", "BBB.csv", "--json")
    (report,) = json.loads(result.stdout)
    assert result.return_value == 0
    assert (report["instruments"], report["timeframes"][0]["written"]) == (2, 4)


def test_a_bad_row_is_held_the_good_ones_are_in_and_the_status_is_1(trii_data, files):
    files("AAA.csv", HEAD + GOOD + BAD)
    result = ingest_files(trii_data, "AAA.csv")
    assert result.return_value == 1
    assert "refused 1: high below open, low or close" in result.stdout
    (row,) = json.loads(trii_data("quarantine", "list", "--json").stdout)
    assert row["close"] == 10.5
    shown = json.loads(trii_data("quarantine", "show", row["row_id"][:8], "--json").stdout)
    assert shown == row
    assert trii_data("quarantine", "replay", "--all").return_value == 1
    assert trii_data("quarantine", "discard", "--dataset", "mine").stdout == "1 discarded\n"
    assert ingest_files(trii_data, "AAA.csv").return_value == 0


@pytest.mark.parametrize(
    ("text", "told", "arguments"),
    [
        (HEAD + GOOD + "2024-01-04,10", "cannot be read", ()),
        (HEAD + GOOD, "unknown currency", ("--currency", "USX")),
        (HEAD + GOOD, "unknown, expected one such as UTC", ("--timezone", "Mars/Base")),
        (HEAD + GOOD, "expected HEADER=FIELD", ("--column", "close")),
    ],
)
def test_bad_input_writes_nothing(trii_data, files, tmp_path, text, told, arguments):
    files("AAA.csv", text)
    result = ingest_files(trii_data, "AAA.csv", *arguments)
    assert isinstance(result.exception, BadInput)
    assert result.exception.exit_code == 2
    assert told in str(result.exception)
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--files", "AAA.csv"), "name the dataset"),
        (("--dataset", "sample", "--files", "AAA.csv"), "has its own provider"),
        (("--dataset", "mine", "--timezone", "UTC"), "says something of files"),
        (("AAA.csv",), "files are given with --files"),
        (("--provider", "tests.windowed:Windowed", "--dataset", "x"), "stands alone"),
    ],
)
def test_options_that_do_not_go_together_are_refused(trii_data, files, arguments, told):
    files("AAA.csv", HEAD + GOOD)
    result = trii_data("ingest", *arguments)
    assert isinstance(result.exception, BadInput)
    assert told in str(result.exception)


def test_a_provider_of_ones_own_is_named_by_its_class(trii_data):
    result = trii_data("ingest", "--provider", "tests.windowed:Windowed", "--json")
    (report,) = json.loads(result.stdout)
    assert (report["dataset"], report["timeframes"][0]["written"]) == ("windowed", 3 * DAYS)
    lines = trii_data("status", "--instruments", "--json").stdout
    single = json.loads(lines)["instruments"]
    assert [(one["symbol"], one["rows"]) for one in single] == [
        (name, DAYS) for name in Windowed.names
    ]


def test_diff_tells_rows_added_and_restated_with_old_and_new_values(trii_data, files):
    files("AAA.csv", HEAD + GOOD)
    (before,) = json.loads(ingest_files(trii_data, "AAA.csv", "--json").stdout)
    files("AAA.csv", HEAD + GOOD.replace("11.5", "11.25") + "2024-01-04,10,11,9,10,1\n")
    (after,) = json.loads(ingest_files(trii_data, "AAA.csv", "--json").stdout)
    snapshots = (before["snapshot"], after["snapshot"])
    (bars,) = json.loads(trii_data("diff", *snapshots, "--json").stdout)
    assert (bars["table"], bars["added"], bars["restated"]) == ("bars", 1, 1)
    assert bars["instruments"] == ["mine:AAA"]
    (example,) = bars["examples"]
    assert example["changes"] == {"close": [11.5, 11.25]}
    assert "close 11.5 → 11.25" in trii_data("diff", *snapshots).stdout
    assert json.loads(trii_data("diff", snapshots[0], snapshots[0], "--json").stdout) == []
    backwards = trii_data("diff", *snapshots[::-1])
    assert "give the older snapshot first" in str(backwards.exception)


def test_compact_changes_files_and_no_snapshot(trii_data, files):
    for close in ("10.5", "10.25", "10.125"):
        files("AAA.csv", HEAD + GOOD.replace("10.5", close))
        (report,) = json.loads(ingest_files(trii_data, "AAA.csv", "--json").stdout)
    done = json.loads(trii_data("compact", "--at-least", "2", "--json").stdout)
    assert [(one["table"], one["files_after"]) for one in done["tables"]] == [("bars", 1)]
    again = json.loads(ingest_files(trii_data, "AAA.csv", "--json").stdout)[0]
    assert again["timeframes"][0]["unchanged"] == 2
    assert again["snapshot"] != report["snapshot"]
    diff = json.loads(trii_data("diff", report["snapshot"], again["snapshot"], "--json").stdout)
    assert [(one["added"], one["restated"]) for one in diff] == [(0, 0)]


def windowed(tmp_path, change):
    settings = Settings(home=tmp_path)
    now = datetime(2025, 3, 2, 6, tzinfo=UTC)
    ingest(settings, dataset="windowed", clock=lambda: now, provider=Windowed(change=change))
    return Lake(settings.lake_url)


def test_check_finds_gaps_standing_closes_and_what_is_behind(tmp_path):
    def spoil(table):
        name, first = table["instrument_id"][0].as_py()[-3:], table["session"][0].as_py()
        if name == "BBB" and first == date(2025, 1, 13):
            return table.slice(2)
        if name == "CCC" and first > date(2025, 2, 1):
            return table.slice(0, 0)
        return table

    lake = windowed(tmp_path, spoil)
    found = {one.symbol: one for one in check(lake, now=datetime(2025, 3, 2, 6, tzinfo=UTC))}
    assert found["AAA"].clean
    (gap,) = found["BBB"].gaps
    assert (gap.first, gap.count) == (datetime(2025, 1, 13, tzinfo=UTC), 2)
    assert found["CCC"].sessions_behind > 20
    # A class of one's own ends where it was last read, as files do.
    later = datetime(2025, 3, 2, 6, tzinfo=UTC) + timedelta(days=3)
    assert {one.sessions_behind for one in check(lake, now=later, symbols=["AAA"])} == {0}
    (cut,) = check(lake, now=later, symbols=["BBB"], start=date(2025, 2, 1))
    assert cut.gaps == ()


def test_what_a_source_goes_on_delivering_is_behind_and_what_has_ended_is_not(tmp_path):
    settings = Settings(home=tmp_path)
    ingest(
        settings, dataset="synthetic", clock=lambda: NOW, provider=SyntheticProvider(instruments=2)
    )
    later = NOW + timedelta(days=3)
    found = check(Lake(settings.lake_url), now=later, timeframes=["1Day"])
    assert {one.sessions_behind for one in found} == {3}
    assert is_fetched("alpaca")
    assert not is_fetched("sample")


def test_check_ends_with_status_1_when_something_is_found(trii_data, files):
    files("AAA.csv", HEAD + "2024-01-02,10,11,9,10.5,100\n2024-01-04,10,12,9,11.5,200\n")
    ingest_files(trii_data, "AAA.csv")
    result = trii_data("check", "--json")
    (finding,) = json.loads(result.stdout)["findings"]
    assert result.return_value == 1
    assert finding["missing"] == 1
    assert "1 bars missing from 2024-01-03T14:30Z" in trii_data("check").stdout
    assert trii_data("check", "--dataset", "other").return_value == 0
