"""Each kind of bad bar is refused with its reason, and no good bar with it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.bars import BAR_SCHEMA
from market.calendar import get_calendar
from market.errors import BadParameter, DataNotFit
from market.quality.validation import validate
from market.synthetic import SyntheticMarket

OPEN = datetime(2024, 7, 2, 13, 30, tzinfo=UTC)


def bar(**changes: Any) -> dict[str, Any]:
    """A good bar of the session of 2024-07-02, with changes."""
    good = {
        "instrument_id": "sample:^IXIC",
        "timestamp": OPEN,
        "session": date(2024, 7, 2),
        "open": 10.0,
        "high": 12.0,
        "low": 9.0,
        "close": 11.0,
        "volume": 100.0,
        "available_at": OPEN + timedelta(minutes=1),
        "recorded_at": datetime(2024, 7, 3, tzinfo=UTC),
        "vintage": "recorded",
    }
    return good | changes


def table_of(*bars: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist(list(bars), schema=BAR_SCHEMA)


def at_minute(minute: int, **changes: Any) -> dict[str, Any]:
    opened = OPEN + timedelta(minutes=minute)
    return bar(timestamp=opened, available_at=opened + timedelta(minutes=1), **changes)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"close": None}, "no close"),
        ({"close": float("nan")}, "no close"),
        ({"low": 0.0}, "price not above zero"),
        ({"low": -1.0}, "price not above zero"),
        ({"high": float("inf")}, "infinite price"),
        ({"high": 10.5}, "high below open, low or close"),
        ({"low": 10.5}, "low above open or close"),
        ({"volume": -1.0}, "negative or infinite volume"),
        ({"available_at": OPEN - timedelta(seconds=1)}, "known before its end"),
        ({"available_at": OPEN}, "known before its end"),
        ({"timestamp": None}, "no stamp"),
        ({"session": None}, "no session; outside its session"),
        ({"available_at": None}, "not said when it was known"),
        ({"instrument_id": None}, "no instrument"),
        ({"trade_count": -5}, "negative trade count"),
        ({"vwap": float("inf")}, "price by volume not above zero, or infinite"),
        ({"vwap": -1.0}, "price by volume not above zero, or infinite"),
        ({"vwap": 0.0}, "price by volume not above zero, or infinite"),
        ({"session": date(2024, 7, 4)}, "outside its session"),
        ({"session": date(2024, 7, 1)}, "outside its session"),
    ],
)
def test_a_bad_bar_is_refused_with_its_reason(changes: dict[str, Any], reason: str) -> None:
    table = table_of(bar(**changes), at_minute(1))
    good, rejected = validate(table, calendar=get_calendar("XNYS"))
    assert rejected.column("reason").to_pylist() == [reason]
    assert good == table.slice(1)


def test_all_reasons_are_given() -> None:
    _, rejected = validate(table_of(bar(low=-1.0, volume=-1.0)))
    assert rejected.column("reason").to_pylist() == [
        "price not above zero; negative or infinite volume"
    ]


def test_of_two_bars_with_one_stamp_the_first_stands() -> None:
    good, rejected = validate(table_of(at_minute(0), at_minute(1), at_minute(0, close=10.0)))
    assert good.column("close").to_pylist() == [11.0, 11.0]
    assert rejected.column("reason").to_pylist() == ["duplicate stamp"]


def test_a_bar_after_a_later_one_is_refused() -> None:
    good, rejected = validate(table_of(at_minute(0), at_minute(5), at_minute(3), at_minute(6)))
    assert good.num_rows == 3
    assert rejected.column("reason").to_pylist() == ["out of order"]
    assert rejected.column("timestamp").to_pylist() == [OPEN + timedelta(minutes=3)]


def test_a_restated_bar_stands_for_the_first() -> None:
    later = datetime(2024, 7, 9, tzinfo=UTC)
    table = table_of(at_minute(0), at_minute(0, close=10.0, recorded_at=later), at_minute(1))
    good, rejected = validate(table)
    assert good == table.slice(1)
    assert rejected.column("reason").to_pylist() == ["duplicate stamp"]


@pytest.mark.parametrize(("wrong", "reason"), [(300, "duplicate stamp"), (500, "out of order")])
def test_one_wrong_stamp_costs_one_bar(wrong: int, reason: str) -> None:
    minutes = [at_minute(minute) for minute in range(390)]
    minutes[3] = at_minute(wrong)
    good, rejected = validate(table_of(*minutes))
    assert rejected.column("reason").to_pylist() == [reason]
    assert rejected.column("timestamp").to_pylist() == [minutes[3]["timestamp"]]
    assert good.num_rows == 389


def longest(values: list[int]) -> int:
    """The length of the longest strictly rising run, by trying every predecessor."""
    best: list[int] = []
    for place, one in enumerate(values):
        before = [best[at] for at in range(place) if values[at] < one]
        best.append(1 + max(before, default=0))
    return max(best, default=0)


@settings(deadline=None)
@given(st.lists(st.integers(0, 12), max_size=25))
def test_what_stands_is_in_order_and_no_longer_run_was_there(values: list[int]) -> None:
    table = table_of(*(at_minute(one) for one in values))
    good, rejected = validate(table)
    stamps = good.column("timestamp").to_pylist()
    assert stamps == sorted(set(stamps))
    assert len(stamps) == longest(values)
    for row in rejected.to_pylist():
        twice = row["timestamp"] in stamps
        assert row["reason"] == ("duplicate stamp" if twice else "out of order")


@pytest.mark.parametrize(
    ("timeframe", "minutes", "good"),
    [("5Min", 4, False), ("5Min", 5, True), ("1Day", 389, False), ("1Day", 390, True)],
)
def test_a_bar_is_not_known_before_its_end_by_the_calendar(timeframe, minutes, good) -> None:
    table = table_of(bar(available_at=OPEN + timedelta(minutes=minutes)))
    _, rejected = validate(table, calendar=get_calendar("XNYS"), timeframe=timeframe)
    assert rejected.column("reason").to_pylist() == ([] if good else ["known before its end"])


@pytest.mark.parametrize(("timeframe", "late"), [("1Day", 1), ("5Min", 4), ("1Min", 0.5)])
def test_a_bar_within_another_is_refused_and_so_never_stands_beside_it(timeframe, late) -> None:
    """A session has one daily bar: a second one, stamped later, would be a day without a return."""
    known = {"available_at": OPEN + timedelta(hours=7)}
    table = table_of(bar(**known), bar(timestamp=OPEN + timedelta(minutes=late), **known))
    good, rejected = validate(table, calendar=get_calendar("XNYS"), timeframe=timeframe)
    assert good.column("timestamp").to_pylist() == [OPEN]
    assert rejected.column("reason").to_pylist() == ["not stamped with its open"]


def test_the_last_bar_of_a_session_may_be_short() -> None:
    last = OPEN + timedelta(hours=6)
    table = table_of(bar(timestamp=last, available_at=last + timedelta(minutes=30)))
    assert validate(table, calendar=get_calendar("XNYS"), timeframe="1Hour")[0] == table


def test_what_cannot_be_judged_is_refused() -> None:
    with pytest.raises(BadParameter, match="timeframe='1Min' without a calendar"):
        validate(table_of(bar()), timeframe="1Min")
    with pytest.raises(DataNotFit, match="no column trade_count, vwap"):
        validate(table_of(bar()).drop_columns(["trade_count", "vwap"]))


def test_a_bar_that_did_not_trade_may_have_no_price_by_volume() -> None:
    table = table_of(bar(volume=0.0, vwap=0.0), at_minute(1, volume=0.0, trade_count=0))
    assert validate(table)[0] == table


def test_a_refused_bar_refuses_no_other() -> None:
    table = table_of(at_minute(9, close=-1.0, low=-2.0), at_minute(0), at_minute(9))
    good, rejected = validate(table)
    assert (good.num_rows, rejected.num_rows) == (2, 1)


def test_instruments_are_judged_apart() -> None:
    other = {"instrument_id": "sample:AAPL"}
    table = table_of(at_minute(5), at_minute(0, **other), at_minute(6), at_minute(1, **other))
    assert validate(table)[0] == table


def test_close_only_bars_are_good() -> None:
    table = table_of(bar(open=None, high=None, low=None, volume=None))
    assert validate(table)[0] == table


def test_the_bar_at_the_closing_instant_is_outside() -> None:
    closing = datetime(2024, 7, 3, 17, 0, tzinfo=UTC)  # an early close
    late = bar(timestamp=closing, available_at=closing, session=date(2024, 7, 3))
    assert validate(table_of(late), calendar=get_calendar("XNYS"))[1].num_rows == 1


def test_an_empty_delivery_is_fine() -> None:
    good, rejected = validate(BAR_SCHEMA.empty_table(), calendar=get_calendar("24/7"))
    assert (good.num_rows, rejected.num_rows) == (0, 0)
    assert rejected.column_names[-1] == "reason"


def test_the_synthetic_market_delivers_good_bars() -> None:
    market = SyntheticMarket(instruments=2)
    recorded = datetime(2024, 2, 1, tzinfo=UTC)
    for symbol in market.symbols:
        daily = market.daily(symbol, date(2010, 1, 1), date(2024, 1, 31))
        for bars in (daily, market.minutes(symbol, date(2024, 1, 31))):
            table = bars.to_arrow(recorded_at=recorded)
            assert validate(table, calendar=get_calendar("24/7"))[0] == table
