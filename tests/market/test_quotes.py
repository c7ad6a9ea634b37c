"""Quotes: stale by the clock that is passed in, and refused with a reason where they are bad."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from market.quotes import QUOTE_SCHEMA, Quote, is_stale
from market.validation import validate_quotes

NOW = datetime(2024, 5, 6, 12, 0, tzinfo=UTC)


def quote_of_age(seconds: float) -> Quote:
    stamp = NOW - timedelta(seconds=seconds)
    return Quote("SYN001", stamp, 9.9, 100.0, 10.0, 100.0, 10.0, 1.0, "synthetic")


@pytest.mark.parametrize(("age", "stale"), [(0, False), (5, False), (5.001, True), (86_400, True)])
def test_a_quote_is_stale_once_older_than_the_limit(age: float, stale: bool) -> None:
    assert is_stale(quote_of_age(age), now=NOW, max_age_s=5) is stale


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


def test_of_two_quotes_with_one_stamp_the_first_stands() -> None:
    table = pa.Table.from_pylist([quote_row(), quote_row(last_price=9.95)], schema=QUOTE_SCHEMA)
    assert validate_quotes(table)[1].column("reason").to_pylist() == ["duplicate stamp"]
