"""Quotes: stale by the clock that is passed in, and refused with a reason where they are bad."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from market.calendar import get_calendar
from market.errors import BadParameter
from market.quality.validation import validate_quotes
from market.quotes import QUOTE_SCHEMA, Quote, is_stale

NOW = datetime(2024, 5, 6, 12, 0, tzinfo=UTC)


def quote_of_age(seconds: float) -> Quote:
    stamp = NOW - timedelta(seconds=seconds)
    return Quote("SYN001", stamp, 9.9, 100.0, 10.0, 100.0, 10.0, 1.0, "synthetic")


@pytest.mark.parametrize(("age", "stale"), [(0, False), (5, False), (5.001, True), (86_400, True)])
def test_a_quote_is_stale_once_older_than_the_limit(age: float, stale: bool) -> None:
    assert is_stale(quote_of_age(age), now=NOW, max_age_s=5) is stale


def test_a_quote_from_the_future_is_stale_but_for_the_difference_of_clocks() -> None:
    assert is_stale(quote_of_age(-3600), now=NOW, max_age_s=5)
    assert not is_stale(quote_of_age(-1), now=NOW, max_age_s=5)


@pytest.mark.parametrize("limit", [float("nan"), -1.0])
def test_a_limit_that_nothing_could_exceed_is_refused(limit: float) -> None:
    with pytest.raises(BadParameter, match=r"max_age_s=.*: expected 0 or more"):
        is_stale(quote_of_age(0), now=NOW, max_age_s=limit)


def quote_row(**changes: object) -> dict[str, object]:
    return {
        "instrument_id": "synthetic:SYN001",
        "timestamp": NOW,
        "bid_price": 9.9,
        "bid_size": 100.0,
        "ask_price": 10.0,
        "ask_size": 100.0,
        "last_price": 10.0,
        "last_size": 1.0,
        "source": "synthetic",
        "available_at": NOW,
        "recorded_at": NOW,
        "vintage": "recorded",
    } | changes


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"bid_price": 0.0}, "price not above zero"),
        ({"ask_price": float("inf")}, "infinite price"),
        ({"last_size": -1.0}, "negative or infinite size"),
        ({"bid_price": 10.1}, "bid above ask"),
        ({"available_at": NOW - timedelta(seconds=1)}, "known before its stamp"),
        ({"available_at": None}, "not said when it was known"),
        ({"timestamp": None}, "no stamp"),
        ({"bid_price": None, "ask_price": None, "last_price": None}, "no price"),
    ],
)
def test_a_bad_quote_is_refused_with_its_reason(changes, reason) -> None:
    later = quote_row(timestamp=NOW + timedelta(seconds=1), available_at=NOW + timedelta(seconds=1))
    table = pa.Table.from_pylist([quote_row(**changes), later], schema=QUOTE_SCHEMA)
    good, rejected = validate_quotes(table)
    assert rejected.column("reason").to_pylist() == [reason]
    assert good == table.slice(1)


def test_a_missing_side_and_a_locked_market_are_no_faults() -> None:
    later = NOW + timedelta(seconds=1)
    rows = [
        quote_row(bid_price=None, bid_size=None),
        quote_row(bid_price=10.0, timestamp=later, available_at=later),
    ]
    table = pa.Table.from_pylist(rows, schema=QUOTE_SCHEMA)
    assert validate_quotes(table)[0] == table


def test_of_several_quotes_with_one_stamp_the_last_stands() -> None:
    rows = [quote_row(), quote_row(last_price=9.95), quote_row(last_price=9.97)]
    good, rejected = validate_quotes(pa.Table.from_pylist(rows, schema=QUOTE_SCHEMA))
    assert good.column("last_price").to_pylist() == [9.97]
    assert rejected.column("reason").to_pylist() == ["duplicate stamp"] * 2


@pytest.mark.parametrize(
    ("stamp", "good"),
    [
        (datetime(2024, 7, 3, 16, 59, tzinfo=UTC), True),
        (datetime(2024, 7, 3, 17, 0, tzinfo=UTC), True),  # the close of a half day
        (datetime(2024, 7, 3, 17, 0, 1, tzinfo=UTC), False),
        (datetime(2024, 7, 4, 15, 0, tzinfo=UTC), False),  # a holiday
    ],
)
def test_with_a_calendar_quotes_are_of_trading_hours(stamp: datetime, good: bool) -> None:
    rows = [quote_row(timestamp=stamp, available_at=stamp)]
    table = pa.Table.from_pylist(rows, schema=QUOTE_SCHEMA)
    _, rejected = validate_quotes(table, calendar=get_calendar("XNYS"))
    assert rejected.column("reason").to_pylist() == ([] if good else ["outside trading hours"])
    assert validate_quotes(table)[0] == table
