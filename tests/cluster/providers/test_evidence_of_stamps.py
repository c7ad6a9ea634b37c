"""What all stamps of a file show together: weeks, months, the end of a minute, days of long ago."""

import json
from datetime import date

import numpy as np
import pytest
from click.testing import CliRunner

from cluster.errors import BadInput
from cluster.providers.files import FilesProvider, FilesRequest
from cluster.stores.lake import Lake
from jobs.data.cli import data
from market.calendar import get_calendar
from market.quality.spacing import sessions_apart

XNYS = get_calendar("XNYS")
DAYS = XNYS.sessions(date(2023, 1, 3), date(2023, 12, 29))


@pytest.fixture
def provider(tmp_path):
    def provider(stamps, **told):
        path = tmp_path / "AAA.csv"
        path.write_text("Date,Close\n" + "".join(f"{stamp},1\n" for stamp in stamps))
        return FilesProvider(FilesRequest("mine", (path,), **told))

    return provider


@pytest.fixture
def ingest(tmp_path, monkeypatch):
    """`trii data ingest` of closes at these dates: its report, and the lake after it."""
    monkeypatch.setenv("TRII_HOME", str(tmp_path / "home"))
    path = tmp_path / "AAA.csv"

    def ingest(stamps, *options):
        path.write_text("Date,Close\n" + "".join(f"{stamp},10\n" for stamp in stamps))
        arguments = ["ingest", "--dataset", "mine", "--files", str(path), *options, "--json"]
        result = CliRunner().invoke(data, arguments, standalone_mode=False, catch_exceptions=False)
        (report,) = json.loads(result.stdout)
        return report["timeframes"][0], Lake(tmp_path / "home" / "lake")

    return ingest


@pytest.mark.parametrize(("step", "told"), [(5, "5 sessions apart: weeks"), (21, "months")])
def test_weeks_and_months_are_no_days(provider, ingest, step, told):
    with pytest.raises(BadInput, match=f"{told}.*say --timeframe 1Day"):
        provider(DAYS[4::step]).instruments()
    report, lake = ingest(DAYS[4::step], "--timeframe", "1Day")
    assert report["written"] == len(lake.bars(["mine:AAA"], timeframe="1Day")) == len(DAYS[4::step])


def test_weeks_stamped_with_days_without_a_session_are_weeks_all_the_same(provider):
    sundays = np.arange("2023-01-01", "2023-12-31", 7, dtype="datetime64[D]")
    with pytest.raises(BadInput, match="weeks, not days"):
        provider(sundays).instruments()


def test_daily_bars_with_gaps_and_doubles_are_days():
    assert sessions_apart(DAYS, XNYS) == 1
    assert sessions_apart(np.repeat(DAYS[::-1], 2), XNYS) == 1
    assert sessions_apart(np.concatenate((DAYS[:100], DAYS[200:])), XNYS) == 1
    assert sessions_apart(DAYS[:20:5], XNYS) == 1  # four dates show nothing
    assert sessions_apart(DAYS[:0], XNYS) == 1


def test_the_whole_life_of_a_share_is_taken(ingest):
    days = XNYS.sessions(date(1962, 1, 2), date(2023, 12, 29))
    report, lake = ingest(days)
    assert (report["written"], report["refused"]) == (len(days), {})
    assert lake.bars(["mine:AAA"], timeframe="1Day")["session"][0].as_py() == date(1962, 1, 2)


def test_days_before_the_calendar_are_held_with_that_reason_and_the_rest_is_taken(ingest):
    report, _ = ingest(["1952-12-30", "1952-12-31", *DAYS])
    assert report["written"] == len(DAYS)
    assert report["refused"] == {"before 1953-01-02, the first session that XNYS knows": 2}


def test_a_symbol_that_is_known_for_longer_now_is_one_symbol(tmp_path, ingest):
    """A lake of a release whose calendars began later goes on, and its old snapshots say what they said."""
    from dataclasses import replace

    from cluster.clock import utc_now
    from market.instruments import Instrument

    lake = Lake(tmp_path / "home" / "lake")
    long_ago = date(1990, 1, 2)
    former = Instrument(
        *("mine:AAA", "AAA", "AAA", "XNYS", "XNYS", "USD", long_ago, None, "mine", "close"),
        adjusted=False,
        synthetic=False,
    )
    lake.append_instruments("mine", [former], recorded_at=utc_now())
    _, lake = ingest(DAYS)
    assert lake.instruments() == [replace(former, valid_from=XNYS.days[0].item())]
    assert lake.instruments(snapshot="bars@0,instruments@1") == [former]


def minutes(shift):
    stamps = XNYS.stamps(date(2024, 2, 5), date(2024, 2, 6)) + np.timedelta64(shift, "m")
    return [f"{stamp}Z" for stamp in stamps.astype("datetime64[s]")]


def test_minutes_stamped_with_their_end_are_told_and_read_as_such(provider):
    with pytest.raises(BadInput, match=r"2 bars of AAA .* none with an open: say --stamped end"):
        provider(minutes(1)).instruments()
    moved = provider(minutes(1), stamped="end")
    moved.instruments()
    (series,) = moved._series
    assert series.times.tolist() == XNYS.stamps(date(2024, 2, 5), date(2024, 2, 6)).tolist()
    provider(minutes(0)).instruments()
    provider(minutes(1), stamped="start").instruments()


def test_round_the_clock_a_midnight_shows_nothing_of_the_end_of_minutes(provider):
    stamps = np.arange("2024-02-05T00:00", "2024-02-05T06:00", dtype="datetime64[m]")
    provider([f"{stamp}:00Z" for stamp in stamps], calendar="24/7").instruments()
