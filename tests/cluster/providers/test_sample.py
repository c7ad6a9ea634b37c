"""What is known about the sample, held: its defects are passed on, not mended."""

from datetime import UTC, date, datetime

import numpy as np
import pytest

from cluster.providers.sample import SampleProvider
from market.bars import Bars
from market.quality.outliers import outliers

NOW = datetime(2026, 3, 14, tzinfo=UTC)


@pytest.fixture(scope="module")
def bars():
    provider = SampleProvider()
    start, end = provider.span("1Day", now=NOW)
    tables = provider.bars("1Day", provider.instruments(), start=start, end=end, recorded_at=NOW)
    return {one.instrument_id: one for one in map(Bars.from_arrow, tables)}


def test_twenty_equities_of_8313_sessions_and_one_index_of_5031(bars):
    lengths = {name: len(one) for name, one in bars.items()}
    assert lengths.pop("sample:^IXIC") == 5031
    assert set(lengths.values()) == {8313}
    assert len(lengths) == 20


def test_the_equities_have_a_close_and_nothing_else(bars):
    equities = [one for name, one in bars.items() if name != "sample:^IXIC"]
    assert all(one.close_only for one in equities)
    for field in ("open", "high", "low", "volume"):
        assert all(np.isnan(getattr(one, field)).all() for one in equities)
    assert not any(np.isnan(one.close).any() for one in equities)


def test_the_instruments_say_so():
    instruments = SampleProvider().instruments()
    equities = [one for one in instruments if one.fields == "close"]
    assert len(equities) == 20
    assert all(one.adjusted for one in equities)
    (index,) = [one for one in instruments if one.fields == "ohlcv"]
    assert (index.symbol, index.adjusted, index.valid_from) == ("^IXIC", False, date(1999, 1, 4))


def test_values_are_those_of_the_source(bars):
    closes = bars["sample:GE"].close
    assert closes[-1] == pytest.approx(63.88, abs=0.02)
    assert bars["sample:^IXIC"].open[-1] == 6649.52002


def test_no_volume_is_missing_and_never_zero(bars):
    index = bars["sample:^IXIC"]
    assert index.session[np.isnan(index.volume)].tolist() == [date(2015, 5, 12), date(2018, 1, 9)]
    assert not (index.volume == 0).any()


def test_suspect_moves_are_kept_as_real_data(bars):
    closes = bars["sample:RRC"].close
    assert (np.diff(closes[:69]) == 0.0).all()
    assert np.abs(np.diff(np.log(closes[:120]))).max() > 0.9


def test_a_bar_spans_its_session_in_new_york_summer_and_winter_and_on_short_days(bars):
    index = bars["sample:^IXIC"]
    at = {day: row for row, day in enumerate(index.session.tolist())}
    cases = {
        date(2018, 7, 2): ("2018-07-02T13:30", "2018-07-02T20:00"),
        date(2018, 1, 2): ("2018-01-02T14:30", "2018-01-02T21:00"),
        date(2018, 11, 23): ("2018-11-23T14:30", "2018-11-23T18:00"),
    }
    for day, (opens, closes) in cases.items():
        row = at[day]
        assert index.timestamp[row] == np.datetime64(opens)
        assert index.available_at[row] == np.datetime64(closes)


def test_the_span_does_not_depend_on_the_time():
    later = SampleProvider().span("1Day", now=datetime(2040, 1, 1, tzinfo=UTC))
    assert later == SampleProvider().span("1Day", now=NOW)
    assert later == (date(1990, 1, 2), date(2022, 12, 28))


def test_the_defects_can_be_read_without_loading_the_series():
    provider = SampleProvider()
    assert any("not point in time" in note for note in provider.notes)
    assert "_series" not in vars(provider)


def test_what_is_warned_of_as_unlikely_did_happen(bars):
    warned = set()
    for one in bars.values():
        found = outliers(one.to_arrow(recorded_at=NOW))
        warned |= set(
            zip(found["instrument_id"].to_pylist(), found["session"].to_pylist(), strict=True)
        )
    assert ("sample:AAPL", date(2000, 9, 29)) in warned  # a profit warning: half the value in a day
    assert ("sample:HD", date(2020, 3, 16)) in warned  # the pandemic
    assert ("sample:MRK", date(2004, 9, 30)) in warned  # Vioxx was withdrawn
    assert len(warned) < 50  # of 171,291 bars
