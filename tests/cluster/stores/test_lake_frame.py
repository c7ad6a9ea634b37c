"""Prices of the lake as tables for people: what was asked for, or an error that says what there is."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from cluster.errors import BadInput, NotFound
from cluster.stores.lake import Lake
from cluster.stores.lake.frame import frame
from market.actions import Dividend, Split, adjust
from market.calendar import get_calendar
from market.synthetic import SyntheticMarket
from tests import lakes
from tests.lakes import AAPL, RECORDED, sample_bars

DAY = date(2025, 3, 3)
SPLIT = Split(
    instrument_id="synthetic:SYN001",
    ex_date=DAY,
    available_at=datetime(2025, 2, 15, tzinfo=UTC),
    ratio=4.0,
)
PAID = Dividend(
    instrument_id="synthetic:SYN001",
    ex_date=DAY + timedelta(days=30),
    available_at=datetime(2025, 3, 20, tzinfo=UTC),
    amount=0.5,
    currency="USD",
)


@pytest.fixture(scope="module")
def held(tmp_path_factory):
    """The tests' lake with a split and a dividend of SYN001, and somebody's own AAPL."""
    lake = Lake(tmp_path_factory.mktemp("lake"))
    lakes.fill(lake)
    lake.append_actions("synthetic", [SPLIT, PAID], recorded_at=RECORDED)
    own = replace(AAPL, dataset="mine", instrument_id="mine:AAPL")
    lake.append_instruments("mine", [own], recorded_at=RECORDED)
    bars = replace(sample_bars(), instrument_id="mine:AAPL", close=sample_bars().close + 7.0)
    lake.append_bars("mine", "1Day", bars.to_arrow(recorded_at=RECORDED), recorded_at=RECORDED)
    return lake


@pytest.fixture
def ask(held):
    def run(*symbols, **how):
        return frame(list(symbols), lake=held, **how)

    return run


def recorded(symbol="SYN001"):
    return SyntheticMarket(instruments=3).daily(symbol, lakes.FIRST, lakes.LAST)


def test_rows_come_by_symbol_and_then_date_with_the_usual_columns(ask):
    found = ask("SYN002", "SYN001", start="2025-01-01", end="2025-01-31")
    assert list(found.columns) == ["symbol", "date", "open", "high", "low", "close", "volume"]
    assert list(found["symbol"].unique()) == ["SYN002", "SYN001"]
    assert len(found) == 2 * 31
    one = found[found["symbol"] == "SYN001"]
    assert one["date"].iloc[0] == pd.Timestamp("2025-01-01")
    bars = recorded()
    rows = (bars.session >= np.datetime64("2025-01-01")) & (
        bars.session <= np.datetime64("2025-01-31")
    )
    assert one["close"].to_numpy().tobytes() == bars.close[rows].tobytes()


def test_wide_has_a_column_a_symbol_or_a_field_and_a_symbol(ask):
    closes = ask("SYN002", "AAPL", "mine:AAPL", fields="close", wide=True)
    assert list(closes.columns) == ["SYN002", "AAPL", "mine:AAPL"]
    assert closes.index.name == "date"
    assert closes.index.is_monotonic_increasing
    # Where one has no bar its cell is missing, whatever others have.
    assert closes.loc["2017-01-03"].isna().to_list() == [True, False, False]
    both = ask("SYN002", "SYN001", fields=["open", "close"], wide=True, start="2025-12-01")
    assert list(both.columns) == [
        ("open", "SYN002"),
        ("open", "SYN001"),
        ("close", "SYN002"),
        ("close", "SYN001"),
    ]


@pytest.mark.parametrize(
    "start",
    [
        "2025-12-30",
        date(2025, 12, 30),
        datetime(2025, 12, 30),  # noqa: DTZ001  # what libraries make of a day
        pd.Timestamp("2025-12-30"),
        np.datetime64("2025-12-30"),
        "2025-12-30T00:00:00Z",
        pd.Timestamp("2025-12-30", tz="UTC"),
    ],
)
def test_a_day_is_told_as_people_tell_days(ask, start):
    found = ask("SYN001", start=start, end="2026-01-02")
    assert [str(day.date()) for day in found["date"]] == [
        "2025-12-30",
        "2025-12-31",
        "2026-01-01",
        "2026-01-02",
    ]


def test_a_moment_as_the_end_is_left_out(ask):
    found = ask("SYN001", start="2025-12-30", end=datetime(2026, 1, 1, tzinfo=UTC))
    assert len(found) == 2


@pytest.mark.parametrize("adjustment", ["split", "dividend", "all"])
def test_prices_are_adjusted_by_the_one_function_for_it(ask, adjustment):
    bars = recorded()
    expected = adjust(
        bars,
        [SPLIT, PAID],
        adjustment=adjustment,
        convention="total-return",
        as_of=datetime(2030, 1, 1, tzinfo=UTC),
        calendar=get_calendar("24/7"),
        currency="USD",
    )
    found = ask("SYN001", adjustment=adjustment)
    for name in ("open", "high", "low", "close", "volume"):
        assert found[name].to_numpy().tobytes() == getattr(expected, name).tobytes()
    assert found.attrs["adjustment"] == {"SYN001": adjustment}
    assert found.attrs["instruments"] == {"SYN001": "synthetic:SYN001"}


def test_as_of_knows_neither_later_bars_nor_later_actions(ask):
    early = ask("SYN001", adjustment="all", as_of=datetime(2025, 2, 10, 12, tzinfo=UTC))
    assert str(early["date"].iloc[-1].date()) == "2025-02-09"
    raw = ask("SYN001", adjustment="raw", end="2025-02-09")
    assert early["close"].tolist() == raw["close"].tolist()
    later = ask("SYN001", adjustment="all", as_of="2025-03-11")
    last = ask("SYN001", adjustment="split", end="2025-03-10")
    assert str(later["date"].iloc[-1].date()) == "2025-03-10"
    assert later["close"].tolist() == last["close"].tolist()


def test_without_an_adjustment_each_is_as_recorded_and_says_so(ask):
    found = ask("SYN001", "AAPL", "mine:AAPL")
    assert found.attrs["adjustment"] == {"SYN001": "raw", "AAPL": "all", "mine:AAPL": "all"}
    ids = found.attrs["instruments"]
    assert ids == {"SYN001": "synthetic:SYN001", "AAPL": "sample:AAPL", "mine:AAPL": "mine:AAPL"}
    own, other = (found[found["symbol"] == name]["close"] for name in ("mine:AAPL", "AAPL"))
    assert np.allclose(own.to_numpy() - other.to_numpy(), 7.0)


def test_arrow_holds_the_same_rows_long_and_wide(ask):
    how = {"start": "2025-12-30", "fields": ["open", "close"]}
    table, rows = ask("SYN001", "AAPL", to="arrow", **how), ask("SYN001", "AAPL", **how)
    assert table.column_names == ["symbol", "date", "open", "close"]
    assert table["close"].to_pylist() == rows["close"].tolist()
    assert json.loads(table.schema.metadata[b"adjustment"]) == {"SYN001": "raw", "AAPL": "all"}
    wide = ask("SYN001", "SYN002", to="arrow", wide=True, **how)
    assert wide.column_names == [
        *("date", "open/SYN001", "open/SYN002", "close/SYN001", "close/SYN002"),
    ]


def test_a_single_symbol_may_be_a_text(held):
    assert set(frame("SYN001", lake=held, start="2026-01-01")["symbol"]) == {"SYN001"}


@pytest.mark.parametrize(
    ("symbols", "how", "says"),
    [
        (["SYN001", "SYN01"], {}, "the lake has no SYN01; did you mean SYN001"),
        (["AAPL", "NOPE", "ZZZZ"], {}, "has no NOPE.*has no ZZZZ; `trii data symbols` lists"),
        ([], {}, "symbols: expected at least one"),
        (["SYN001"], {"fields": ["clos"]}, "field 'clos' is unknown; did you mean close"),
        (["SYN001"], {"fields": []}, "fields: expected at least one"),
        (["AAPL"], {"adjustment": "raw"}, "AAPL is recorded adjusted: ask with adjustment='all'"),
        (["AAPL"], {"as_of": "2025-01-01"}, "AAPL was adjusted after the fact: it has no as_of"),
        (["SYN001"], {"adjustment": "most"}, "adjustment='most': expected one of raw, split"),
        (["SYN001"], {"timeframe": "5Min"}, "timeframe: unknown, expected one of 1Day, 1Min"),
        (["SYN001"], {"start": "soon"}, "start: expected a day such as 2024-01-31"),
        (["SYN001"], {"end": 20250101}, "end: expected a day such as 2024-01-31"),
        (["SYN001"], {"start": pd.NaT}, "start: expected a day such as 2024-01-31"),
        (["SYN001"], {"start": "2025-01-31T10:00:00"}, "start: a time needs its zone"),
        (["SYN001"], {"start": "2025-02-01", "end": "2025-01-01"}, "expected on or after start"),
        (["SYN001"], {"start": "2031-01-01"}, "from 2031-01-01 to the last; they have 2021-06-01"),
        (["SYN001"], {"to": "spark"}, "to='spark': expected pandas, polars or arrow"),
    ],
)
def test_what_cannot_be_answered_is_refused_and_never_empty(ask, symbols, how, says):
    with pytest.raises(BadInput, match=says):
        ask(*symbols, **how)


def test_an_instrument_without_bars_and_an_empty_lake_say_so(ask, tmp_path):
    with pytest.raises(NotFound, match=r"SYN001 \(synthetic:SYN001\) has no 1Min bars"):
        ask("SYN001", timeframe="1Min")
    with pytest.raises(NotFound, match="the lake is empty: run `trii data ingest`"):
        frame("SYN001", lake=Lake(tmp_path))


def test_the_platforms_own_lake_is_read_where_none_is_named(held, monkeypatch):
    monkeypatch.setenv("TRII_LAKE_URL", held.root)
    assert len(frame("SYN001", start="2026-01-01")) == 4
