"""One spelling of a value and nothing near it, by properties: what is written is what arrives."""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Annotated

import pytest
from fastapi import Depends, Request
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from deployments.http.envelope import envelope
from deployments.http.fields import Day, Digits, Instant, Symbol, SymbolList
from deployments.http.params import Params, params
from deployments.http.route import make_router
from market.instruments import DATASET, SYMBOL
from tests.examples import examples

PROPERTY = examples(50, suppress_health_check=[HealthCheck.function_scoped_fixture])
DAYS = st.dates(date(1900, 1, 2), date(2199, 12, 30))
SYMBOLS = st.from_regex(rf"({DATASET}:)?{SYMBOL}", fullmatch=True)
# What looks like a value of some kind, and is none or is one of another.
NEAR = st.text("0123456789-+:.TZ_eE, ٣é", max_size=25)


class Query(Params):
    number: Digits | None = None
    day: Day | None = None
    at: Instant | None = None
    symbol: Symbol | None = None
    symbols: SymbolList | None = None


@pytest.fixture
def ask(asking):
    """`ask(number="7")` is the value that arrives, or the faults of it."""
    router = make_router()

    @router.get("/values")
    async def values(request: Request, query: Annotated[Query, Depends(params(Query))]):
        return envelope(request, query.model_dump(exclude_none=True))

    get = asking(router)

    def one(**query):
        answer = get("/values", params=query)
        if answer.status_code == 200:
            return answer.json()["data"][next(iter(query))]
        assert answer.status_code == 422, answer.text
        return {fault["loc"] for fault in answer.json()["errors"]}

    return one


@PROPERTY
@given(st.integers(0, 999_999_999))
def test_a_whole_number_arrives(ask, number):
    assert ask(number=str(number)) == number


@PROPERTY
@given(NEAR)
def test_a_number_is_digits_and_nothing_else(ask, text):
    good = re.fullmatch("[0-9]{1,9}", text)
    assert ask(number=text) == (int(text) if good else {"query.number"})


@PROPERTY
@given(DAYS)
def test_a_date_arrives_and_as_an_instant_means_its_first_one_in_utc(ask, day):
    assert ask(day=day.isoformat()) == day.isoformat()
    assert ask(at=day.isoformat()) == f"{day.isoformat()}T00:00:00Z"


@PROPERTY
@given(DAYS, st.times(), st.integers(-14 * 60, 14 * 60))
def test_an_instant_arrives_in_utc_from_whatever_zone_it_was_written_in(ask, day, clock, minutes):
    written = datetime.combine(day, clock, timezone(timedelta(minutes=minutes)))
    arrived = datetime.fromisoformat(ask(at=written.isoformat()))
    assert (arrived, arrived.tzinfo) == (written, UTC)


@PROPERTY
@given(DAYS, st.times())
def test_a_time_without_a_zone_is_refused(ask, day, clock):
    assert ask(at=datetime.combine(day, clock).isoformat()) == {"query.at"}
    assert ask(day=datetime.combine(day, time()).isoformat()) == {"query.day"}


@PROPERTY
@given(NEAR)
def test_what_is_no_date_is_no_date(ask, text):
    day = ask(day=text)
    assert day in ({"query.day"}, text)


@PROPERTY
@given(st.lists(SYMBOLS, min_size=1, max_size=12))
def test_symbols_arrive_in_their_order_each_once(ask, symbols):
    assert ask(symbols=",".join(symbols)) == list(dict.fromkeys(symbols))
    assert ask(symbol=symbols[0]) == symbols[0]


@PROPERTY
@given(st.lists(SYMBOLS, max_size=3), st.text("_/\\é\n", min_size=1, max_size=5))
def test_one_bad_symbol_is_named_by_its_place(ask, good, bad):
    assert ask(symbols=",".join([*good, bad])) == {f"query.symbols.{len(dict.fromkeys(good))}"}


@pytest.mark.parametrize(("count", "kept"), [(100, True), (101, False)])
def test_a_hundred_symbols_are_the_most(ask, count, kept):
    found = ask(symbols=",".join(f"A{number}" for number in range(count)))
    assert found == ([f"A{number}" for number in range(count)] if kept else {"query.symbols"})
