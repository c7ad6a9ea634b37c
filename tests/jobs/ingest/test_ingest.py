"""Ingest end to end: what a second run, a bad row and a wrong name do."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc
import pytest

import jobs.ingest.__main__
import jobs.ingest.run
from cluster.errors import BadInput
from cluster.providers.synthetic import SyntheticProvider
from cluster.settings import Settings
from cluster.stores.lake import Lake
from jobs.ingest.run import ingest
from market.errors import DataNotFit
from tests.calls import leading_back, noted
from tests.test_ways import files_of

NOW = datetime(2026, 3, 14, 15, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path):
    return Settings(home=tmp_path)


@pytest.fixture
def small(monkeypatch):
    """Three synthetic instruments instead of sixty."""
    provider = SyntheticProvider(instruments=3)
    monkeypatch.setattr(jobs.ingest.run, "get_provider", lambda *_, **__: provider)
    return provider


class Spoiled(SyntheticProvider):
    """One instrument whose first bar has a price of zero and whose third comes twice."""

    timeframes = ("1Day",)

    def bars(self, timeframe, instruments, **span):
        (table,) = super().bars(timeframe, instruments, **span)
        index = table.schema.get_field_index("low")
        low = pa.concat_arrays([pa.array([0.0]), table["low"].combine_chunks()[1:]])
        spoiled = table.set_column(index, table.schema.field(index), low)
        yield pa.concat_tables([spoiled[:3], spoiled[2:]])


@pytest.fixture
def spoiled(monkeypatch):
    monkeypatch.setattr(jobs.ingest.run, "get_provider", lambda *_, **__: Spoiled(instruments=1))


def test_a_second_run_writes_nothing_and_keeps_the_snapshot(settings, small):
    first = ingest(settings, dataset="synthetic", clock=lambda: NOW)
    second = ingest(settings, dataset="synthetic", clock=lambda: NOW + timedelta(hours=1))
    assert [one.written for one in first.timeframes] == [3 * (366 * 3 + 365 * 9 + 72), 3 * 14_400]
    assert [one.written for one in second.timeframes] == [0, 0]
    assert second.snapshot == first.snapshot


def test_the_next_day_adds_one_session_and_leaves_the_earlier_snapshot_alone(settings, small):
    first = ingest(settings, dataset="synthetic", clock=lambda: NOW)
    later = ingest(settings, dataset="synthetic", clock=lambda: NOW + timedelta(days=1))
    assert [(one.written, one.restated) for one in later.timeframes] == [(3, 0), (3 * 1440, 0)]
    lake = Lake(settings.lake_url)
    ids = ["synthetic:SYN001"]
    then = lake.bars(ids, timeframe="1Day", snapshot=first.snapshot)
    now = lake.bars(ids, timeframe="1Day", snapshot=later.snapshot)
    assert now.num_rows == then.num_rows + 1
    assert now[:-1].equals(then)


def test_steps_are_told_as_they_begin(settings, small):
    told = []
    ingest(settings, dataset="synthetic", clock=lambda: NOW, progress=told.append)
    assert [line.split(":")[0] for line in told] == [
        "synthetic",
        *["synthetic 1Day"] * 2,
        *["synthetic 1Min"] * 2,
    ]


def test_bad_bars_are_refused_with_their_reason_and_the_good_ones_are_in(settings, spoiled):
    report = ingest(settings, dataset="synthetic", clock=lambda: NOW)
    (daily,) = report.timeframes
    assert daily.refused == {"price not above zero": 1, "duplicate stamp": 1}
    assert report.refused == 2
    days = 366 * 3 + 365 * 9 + 72
    assert daily.written == days - 1


def test_refused_bars_make_exit_status_1_and_a_printed_reason(
    monkeypatch, tmp_path, capsys, spoiled
):
    monkeypatch.setenv("TRII_HOME", str(tmp_path))
    assert jobs.ingest.__main__.main(["--dataset", "synthetic"]) == 1
    assert "refused 1: price not above zero" in capsys.readouterr().out


def test_an_unknown_dataset_is_one_line_and_exit_status_2_and_nothing_is_written(
    monkeypatch, tmp_path, capsys
):
    monkeypatch.setenv("TRII_HOME", str(tmp_path))
    assert jobs.ingest.__main__.main(["--dataset", "bloomberg"]) == 2
    assert "expected one of synthetic, sample" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(BadInput):
        ingest(Settings(home=tmp_path), dataset="", clock=lambda: NOW)


def test_the_sample_is_taken_whole_once(settings):
    first = ingest(settings, dataset="sample", clock=lambda: NOW)
    second = ingest(settings, dataset="sample", clock=lambda: NOW)
    (daily,) = first.timeframes
    assert (daily.written, daily.refused) == (20 * 8313 + 5031, {})
    assert [one.written for one in second.timeframes] == [0]
    lake = Lake(settings.lake_url)
    assert len(lake.universe("sample")) == 20
    assert [one.symbol for one in lake.universe("index")] == ["^IXIC"]
    aapl = lake.bars(["sample:AAPL"], timeframe="1Day")
    assert pc.all(pc.is_null(aapl["open"])).as_py()
    assert pc.max(aapl["available_at"]).as_py() == datetime(2022, 12, 28, 21, tzinfo=UTC)


def test_data_that_the_library_refuses_end_in_one_line_and_status_2(monkeypatch, capsys):
    def refuse(*_, **__):
        raise DataNotFit("a date of the sample is not a session of XNYS")

    monkeypatch.setattr(jobs.ingest.__main__, "ingest", refuse)
    assert jobs.ingest.__main__.main(["--dataset", "sample"]) == 2
    assert capsys.readouterr().err == "error: a date of the sample is not a session of XNYS\n"


@pytest.mark.long
def test_an_ingest_goes_the_way_that_the_page_names(settings, spoiled):
    with noted() as calls:
        ingest(settings, dataset="synthetic", clock=lambda: NOW)
    assert leading_back(calls, files_of("The way of a bar")) == {}
