"""Each kind of bad bar is refused with its reason, and no good bar with it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from market.bars import BAR_SCHEMA
from market.calendar import get_calendar
from market.synthetic import SyntheticMarket
from market.validation import validate

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
        ({"available_at": OPEN - timedelta(seconds=1)}, "ends before it opens"),
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
