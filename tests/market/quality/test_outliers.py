"""Unlikely bars are warned of, each by its kind, and refused by nobody."""

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from market.bars import BAR_SCHEMA, Bars
from market.errors import BadParameter
from market.quality.outliers import outliers
from market.quality.validation import validate
from market.synthetic import SyntheticMarket
from tests.market.minutes import RECORDED, minute_table

SPIKE, JUMP = "spike: the close leaves and returns", "jump: the close moves to another level"


def daily() -> Bars:
    market = SyntheticMarket(instruments=2)
    return market.daily("SYN002", date(2020, 1, 1), date(2023, 12, 31))


def warned(bars: Bars, *, limit: float = 15.0) -> dict[int, str]:
    """The row's place and its warning."""
    found = outliers(bars.to_arrow(recorded_at=RECORDED), limit=limit)
    rows = [
        bars.timestamp.tolist().index(one.replace(tzinfo=None))
        for one in found["timestamp"].to_pylist()
    ]
    return dict(zip(rows, found["warning"].to_pylist(), strict=True))


def scaled(bars: Bars, rows: slice, factor: float) -> Bars:
    for name in ("open", "high", "low", "close"):
        getattr(bars, name)[rows] *= factor
    return bars


def test_quiet_markets_give_no_warning() -> None:
    assert warned(daily()) == {}
    week = minute_table("XNYS", date(2024, 7, 1), date(2024, 7, 5))
    assert outliers(week).num_rows == 0


def test_a_bad_tick_is_a_spike_and_its_return_is_not_another() -> None:
    assert warned(scaled(daily(), slice(700, 701), 10.0)) == {700: SPIKE}


def test_a_split_is_a_jump() -> None:
    assert warned(scaled(daily(), slice(700, None), 0.5)) == {700: JUMP}


def test_a_bad_tick_in_the_last_bar_is_a_jump_until_the_next_is_there() -> None:
    bars = daily()
    last = len(bars) - 1
    assert warned(scaled(bars, slice(last, None), 10.0)) == {last: JUMP}


def test_a_wild_range_and_a_wild_volume_are_named() -> None:
    bars = daily()
    bars.high[100] *= 4.0
    bars.volume[200] *= 1e9
    assert warned(bars) == {100: "range", 200: "volume"}


def test_a_night_is_judged_by_nights_and_a_minute_by_minutes() -> None:
    table = minute_table("XNYS", date(2024, 5, 1), date(2024, 7, 31))
    close = table["close"].to_numpy().copy()
    nights = np.flatnonzero(np.diff(table["session"].to_numpy().astype(int))) + 1
    for night in nights:  # every session opens far from the close before it
        close[night:] *= 1.0 + 0.02 * (-1) ** night
    close[5000] *= 1.02
    moved = table.set_column(BAR_SCHEMA.names.index("close"), "close", pa.array(close))
    found = outliers(moved)
    assert found["timestamp"].to_pylist() == [table["timestamp"][5000].as_py()]


def test_warned_bars_are_good_bars() -> None:
    bars = scaled(daily(), slice(700, 701), 10.0)
    assert validate(bars.to_arrow(recorded_at=RECORDED))[1].num_rows == 0


def test_prices_that_hardly_ever_move_are_judged_by_their_mean_deviation() -> None:
    bars = daily()
    for name in ("open", "high", "low", "close"):
        getattr(bars, name)[:] = 10.0
    assert warned(bars) == {}
    for name in ("open", "high", "low", "close"):
        getattr(bars, name)[600:] = 11.0
    assert warned(bars) == {600: JUMP}


@pytest.mark.parametrize("gap", [1, 3])
def test_a_jump_behind_a_missing_close_is_seen(gap: int) -> None:
    bars = scaled(daily(), slice(700, None), 0.5)
    bars.close[700 - gap : 700] = np.nan
    assert warned(bars) == {700: JUMP}


def test_a_spike_beside_missing_closes_is_seen() -> None:
    bars = scaled(daily(), slice(700, 701), 10.0)
    bars.close[[699, 701]] = np.nan
    assert warned(bars) == {700: SPIKE}


def test_a_price_by_volume_that_nobody_paid_is_named() -> None:
    table = minute_table("XNYS", date(2024, 7, 1), date(2024, 7, 1))
    vwap = table["vwap"].to_numpy().copy()
    vwap[[5, 9]] = 1e9, 1.0
    moved = table.set_column(BAR_SCHEMA.names.index("vwap"), "vwap", pa.array(vwap))
    found = outliers(moved)
    assert found["warning"].to_pylist() == ["price by volume outside low to high"] * 2
    assert found["timestamp"].to_pylist() == [table["timestamp"][row].as_py() for row in (5, 9)]


def test_a_few_bars_are_not_judged() -> None:
    table = minute_table("XNYS", date(2024, 7, 1), date(2024, 7, 1)).slice(0, 15)
    assert outliers(table).num_rows == 0
    empty = outliers(BAR_SCHEMA.empty_table())
    assert (empty.num_rows, empty.column_names[-1]) == (0, "warning")


def test_what_is_missing_is_no_outlier() -> None:
    bars = daily()
    for name in ("open", "high", "low", "volume"):
        getattr(bars, name)[:] = np.nan
    bars.close[500] = np.nan
    assert warned(bars) == {}


@pytest.mark.parametrize("limit", [0.0, -1.0, float("nan")])
def test_the_limit_is_above_zero(limit: float) -> None:
    with pytest.raises(BadParameter, match=r"limit=.*: expected above 0"):
        outliers(BAR_SCHEMA.empty_table(), limit=limit)
