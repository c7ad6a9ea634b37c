import json
from datetime import UTC, datetime, timedelta

import pytest

from deployments.quotes.table import QuoteTable
from market.quotes import Quote

AT = datetime(2026, 1, 5, 12, 0, 0, 250_000, tzinfo=UTC)


def quote(symbol="SYN001", at=AT, last=10.5):
    return Quote(symbol, at, 10.0, 100.0, 11.0, None, last, 3.0, "synthetic")


def test_the_answer_has_the_fields_of_the_api_in_their_order():
    table = QuoteTable(max_age_s=5)
    table.put(quote(), calendar="24/7")
    answer = json.loads(table.get("SYN001", now=AT + timedelta(milliseconds=40)))
    assert answer == {
        "symbol": "SYN001",
        "timestamp": "2026-01-05T12:00:00.250000Z",
        "bid_price": 10.0,
        "bid_size": 100.0,
        "ask_price": 11.0,
        "ask_size": None,
        "last_price": 10.5,
        "last_size": 3.0,
        "source": "synthetic",
        "instrument_id": "synthetic:SYN001",
        "age_ms": 40,
        "is_stale": False,
        "market_status": "open",
    }


@pytest.mark.parametrize(
    ("age_s", "stale"), [(0, False), (5, False), (5.001, True), (86_400, True)]
)
def test_a_quote_is_stale_from_its_age_at_the_answer(age_s, stale):
    table = QuoteTable(max_age_s=5)
    table.put(quote(), calendar="24/7")
    answer = json.loads(table.get("SYN001", now=AT + timedelta(seconds=age_s)))
    assert (answer["is_stale"], answer["age_ms"]) == (stale, int(age_s * 1000))


def test_a_quote_from_a_clock_that_is_ahead_has_no_negative_age():
    table = QuoteTable(max_age_s=5)
    table.put(quote(), calendar="24/7")
    assert json.loads(table.get("SYN001", now=AT - timedelta(seconds=1)))["age_ms"] == 0


def test_an_older_quote_never_replaces_a_newer_one():
    table = QuoteTable(max_age_s=5)
    table.put(quote(last=2.0), calendar="24/7")
    table.put(quote(at=AT - timedelta(seconds=1), last=1.0), calendar="24/7")
    assert json.loads(table.get("SYN001", now=AT))["last_price"] == 2.0


def test_the_market_status_follows_the_calendar_of_the_instrument():
    """New York opens at 14:30 UTC on this Monday."""
    table = QuoteTable(max_age_s=5)
    table.put(quote("AAPL"), calendar="XNYS")
    opening = AT.replace(hour=14, minute=30, second=0, microsecond=0)
    seen = [
        json.loads(table.get("AAPL", now=opening + timedelta(seconds=s)))["market_status"]
        for s in (-1, 0, 1)
    ]
    assert seen == ["closed", "open", "open"]


def test_a_delisting_counts_from_the_open_of_its_session():
    table = QuoteTable(max_age_s=5)
    table.put(quote("AAPL"), calendar="XNYS", instrument_id="m:AAPL", delisted_on=AT.date())
    opening = AT.replace(hour=14, minute=30, second=0, microsecond=0)
    before, after = [
        json.loads(table.get("AAPL", now=opening + timedelta(seconds=s))) for s in (-1, 0)
    ]
    assert "delisted_on" not in before
    assert (after["delisted_on"], after["is_stale"]) == ("2026-01-05", True)
    assert after["market_status"] == "closed"


def test_an_unknown_symbol_has_no_quote():
    assert QuoteTable(max_age_s=5).get("SYN001", now=AT) is None
