"""Bars survive the way through Arrow, and are cut by when they were known."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.bars import BAR_SCHEMA, Bars
from market.errors import BadParameter, DataNotFit

RECORDED = datetime(2024, 1, 9, tzinfo=UTC)
ARRAYS = ("timestamp", "session", "open", "high", "low", "close", "volume", "available_at")


def make_bars(days: int = 4, *, close_only: bool = False) -> Bars:
    session = np.arange("2024-01-01", days, dtype="datetime64[D]")
    close = 10.0 + np.arange(days)
    other = np.full(days, np.nan) if close_only else close
    return Bars(
        instrument_id="synthetic:SYN001",
        timestamp=session.astype("datetime64[us]"),
        session=session,
        open=other,
        high=other,
        low=other,
        close=close,
        volume=other,
        available_at=(session + np.timedelta64(1, "D")).astype("datetime64[us]"),
    )


@pytest.mark.parametrize("close_only", [False, True])
def test_bars_come_back_from_arrow_as_they_went(close_only: bool) -> None:
    bars = make_bars(close_only=close_only)
    back = Bars.from_arrow(bars.to_arrow(recorded_at=RECORDED))
    assert back.instrument_id == bars.instrument_id
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(back, name), getattr(bars, name), strict=True)


def test_a_missing_price_is_null_in_the_table_not_zero() -> None:
    table = make_bars(close_only=True).to_arrow(recorded_at=RECORDED, vintage="backfilled")
    assert table.schema == BAR_SCHEMA
    assert table.column("open").null_count == len(table)
    assert set(table.column("vintage").to_pylist()) == {"backfilled"}
    assert set(table.column("recorded_at").to_pylist()) == {RECORDED}


def test_close_only_says_that_nothing_can_fill_at_an_open() -> None:
    assert make_bars(close_only=True).close_only
    assert not make_bars().close_only


def test_rows_are_put_in_time_order() -> None:
    table = make_bars().to_arrow(recorded_at=RECORDED)
    shuffled = table.take([2, 0, 3, 1])
    np.testing.assert_array_equal(Bars.from_arrow(shuffled).close, [10.0, 11.0, 12.0, 13.0])


def test_a_bar_is_unknown_until_its_end() -> None:
    bars = make_bars()
    assert len(bars.until(datetime(2024, 1, 3, tzinfo=UTC))) == 2
    assert len(bars.until(datetime(2024, 1, 2, 23, 59, 59, 999_999, tzinfo=UTC))) == 1
    assert len(bars.until(datetime(2023, 1, 1, tzinfo=UTC))) == 0


@given(st.lists(st.integers(0, 12), min_size=1, max_size=12), st.integers(-1, 13))
def test_what_is_shown_at_a_time_is_what_was_known_then_in_any_order_of_arrival(days, at) -> None:
    bars = make_bars(len(days))
    arrived = np.datetime64("2024-01-01") + np.array(days)
    bars = replace(bars, available_at=arrived.astype("datetime64[us]"))
    known = bars.until(datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=at))
    np.testing.assert_array_equal(known.close, bars.close[np.array(days) <= at])
    assert (np.diff(known.timestamp).astype(int) > 0).all()


def test_what_was_known_is_a_view_unless_a_bar_came_late() -> None:
    bars = make_bars()
    assert bars.until(datetime(2024, 1, 3, tzinfo=UTC)).close.base is bars.close


@pytest.mark.parametrize("name", ["timestamp", "session", "available_at"])
def test_a_bar_without_its_times_is_refused(name: str) -> None:
    bars = make_bars()
    values = getattr(bars, name).copy()
    values[2] = np.datetime64("NaT")
    with pytest.raises(DataNotFit, match=f"bar 2 of synthetic:SYN001 has no {name}"):
        replace(bars, **{name: values})


def test_a_table_without_a_column_is_named() -> None:
    table = make_bars().to_arrow(recorded_at=RECORDED)
    with pytest.raises(DataNotFit, match="no column volume, available_at"):
        Bars.from_arrow(table.drop_columns(["volume", "available_at"]))


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(BadParameter, match="no time zone"):
        make_bars().until(datetime(2024, 1, 3))  # noqa: DTZ001


def test_tables_of_several_instruments_are_refused() -> None:
    table = make_bars().to_arrow(recorded_at=RECORDED)
    other = table.set_column(0, BAR_SCHEMA.field(0), pa.array(["sample:AAPL"] * len(table)))
    with pytest.raises(DataNotFit, match="one instrument, got 2"):
        Bars.from_arrow(pa.concat_tables([table, other]))
    with pytest.raises(DataNotFit, match="got 0"):
        Bars.from_arrow(BAR_SCHEMA.empty_table())


def test_arrays_of_unequal_length_are_refused() -> None:
    bars = make_bars()
    with pytest.raises(DataNotFit, match="unequal lengths"):
        Bars(bars.instrument_id, *(getattr(bars, name)[: 1 + (name == "close")] for name in ARRAYS))


def test_sessions_are_dates() -> None:
    assert make_bars().to_arrow(recorded_at=RECORDED).column("session")[0].as_py() == date(
        2024, 1, 1
    )


def test_equal_bars_have_one_hash_and_any_other_number_another():
    bars = make_bars()
    again = Bars.from_arrow(bars.to_arrow(recorded_at=RECORDED, vintage="backfilled"))
    assert again.sha256() == bars.sha256()
    assert make_bars(close_only=True).sha256() == make_bars(close_only=True).sha256()
    others = [
        replace(bars, instrument_id="synthetic:SYN002"),
        *(replace(bars, **{name: getattr(bars, name)[::-1]}) for name in ARRAYS),
        make_bars(5),
    ]
    assert len({bars.sha256(), *(one.sha256() for one in others)}) == 2 + len(ARRAYS) + 1
