"""Alpaca against a server that speaks its protocol, and misbehaves."""

from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa
import pytest
from pydantic import SecretStr

from cluster.errors import BadInput, ConfigError, UnknownSymbol
from cluster.providers import ProviderError, ProviderRefused, ProviderUnavailable, WrongZone
from cluster.providers.alpaca.provider import AlpacaProvider
from cluster.providers.alpaca.stream import LiveBar, stream
from cluster.providers.kit.patience import Patience
from cluster.settings import Settings
from market.actions import Delisting, Dividend, Rename, SpecialDividend, SpinOff, Split
from market.bars import BAR_SCHEMA
from market.quotes import Quote
from tests.alpaca_server import (
    IDS,
    KEY,
    SECRET,
    AlpacaServer,
    AlpacaStreamServer,
    live_bar,
    live_quote,
    sessions,
)

NOW = datetime(2024, 3, 20, 12, tzinfo=UTC)
FIRST, LAST = date(2024, 1, 2), date(2024, 3, 19)


@pytest.fixture
def server():
    running = AlpacaServer()
    yield running
    running.close()


@pytest.fixture
def settings(server, tmp_path):
    return Settings(
        home=tmp_path,
        alpaca_api_key=SecretStr(KEY),
        alpaca_api_secret=SecretStr(SECRET),
        alpaca_data_url=server.url,
        alpaca_trading_url=server.url,
        alpaca_start=FIRST,
        alpaca_minute_days=2,
        alpaca_requests_per_minute=1_000_000,
    )


@pytest.fixture
def waits():
    return []


@pytest.fixture
def provider(settings, waits):
    return AlpacaProvider(settings, symbols=("AAA", "BBB"), patience=Patience(sleep=waits.append))


def take(provider, timeframe="1Day", start=FIRST, end=LAST):
    instruments = provider.instruments()
    return list(provider.bars(timeframe, instruments, start=start, end=end, recorded_at=NOW))


def test_all_sessions_come_once_whatever_the_size_of_a_page(provider, server):
    expected = sessions(FIRST, LAST)
    for server.page in (1000, 7):
        tables = take(provider)
        assert [table["session"].to_pylist() for table in tables] == [expected, expected]
        assert all(table.schema == BAR_SCHEMA for table in tables)
        assert tables[0]["trade_count"][0].as_py() == 17


def test_a_span_of_complete_pages_costs_no_further_requests(provider, server):
    server.page = 7
    take(provider)
    bars = [query for path, query in server.requests if path == "/v2/stocks/bars"]
    assert len(bars) == -(-2 * len(sessions(FIRST, LAST)) // 7)


def test_raw_prices_of_the_chosen_feed_are_asked_for_and_keys_are_no_parameters(provider, server):
    take(provider)
    (query, *_) = server.bar_requests()
    assert (query["adjustment"], query["feed"], query["timeframe"]) == ("raw", "iex", "1Day")
    assert not any(SECRET in str(request) or KEY in str(request) for request in server.requests)


@pytest.mark.parametrize("fault", [429, 500, 503, "truncated"])
def test_what_fails_for_now_is_asked_again_and_nothing_is_missing(provider, server, waits, fault):
    server.page = 20
    server.faults.extend([None, fault, fault])
    tables = take(provider)
    assert [table.num_rows for table in tables] == [len(sessions(FIRST, LAST))] * 2
    assert len(waits) == 2
    assert 0.25 <= waits[0] <= 0.5
    assert 0.5 <= waits[1] <= 1.0


def test_the_wait_that_a_429_asks_for_is_kept(provider, server, waits):
    server.retry_after = 17
    server.faults.append(429)
    take(provider)
    assert waits == [17.0]


def test_patience_ends_with_an_error_that_says_what_to_do(provider, server):
    server.faults.extend([500] * 6)
    with pytest.raises(ProviderError, match=r"status 500; gave up after 6 attempts.*run it again"):
        take(provider)


@pytest.mark.parametrize("fault", ["repeat", "drop", "shuffled", "same-token"])
@pytest.mark.parametrize("at", [1, 2, 3])
def test_pages_that_repeat_are_left_out_or_come_out_of_order_are_seen(provider, server, fault, at):
    server.page = 20
    server.faults.extend([*[None] * at, fault])
    with pytest.raises(ProviderUnavailable, match=r"repeats a page|out of order|left out a page"):
        take(provider)
    tables = take(provider)  # asked again, the span is whole
    assert [table.num_rows for table in tables] == [len(sessions(FIRST, LAST))] * 2


def test_the_last_page_left_out_is_seen(provider, server):
    server.page = 20
    whole = server.answer_bars

    def cut(query):
        status, body = whole(query)
        return status, body | {"next_page_token": None}

    server.answer_bars = cut
    with pytest.raises(ProviderUnavailable, match="left out a page"):
        take(provider)


def test_sessions_that_alpaca_really_lacks_are_no_fault(provider, server):
    server.page = 7
    server.without = [
        ("AAA", date(2024, 1, 9), date(2024, 1, 19)),
        ("BBB", FIRST, date(2024, 2, 1)),
    ]
    first, second = take(provider)
    assert first.num_rows == len(sessions(FIRST, LAST)) - 8
    assert second["session"][0].as_py() == date(2024, 2, 2)


@pytest.mark.parametrize(("hours", "told"), [(-5, "5 hours early"), (3, "3 hours late")])
def test_minutes_in_a_wrong_time_zone_are_told_with_their_distance(provider, server, hours, told):
    server.hours = hours
    with pytest.raises(WrongZone, match=f"AAA stand {told} for XNYS"):
        take(provider, "1Min", date(2024, 2, 5), date(2024, 2, 6))


def test_daily_bars_in_a_wrong_time_zone_are_told(provider, server):
    server.hours = -5
    with pytest.raises(WrongZone, match="5 hours early: expected midnight in New York"):
        take(provider, end=date(2024, 2, 1))


def test_minutes_outside_regular_hours_are_left_out(provider, server):
    server.extended = True
    day = date(2024, 2, 5)
    tables = take(provider, "1Min", day, day)
    assert [table.num_rows for table in tables] == [390, 390]


def test_wrong_keys_are_refused_at_once_and_never_shown(settings, waits, caplog):
    wrong = settings.model_copy(update={"alpaca_api_secret": SecretStr("not-the-secret")})
    provider = AlpacaProvider(wrong, symbols=("AAA",), patience=Patience(sleep=waits.append))
    with pytest.raises(ProviderRefused, match="the keys are wrong") as caught:
        provider.instruments()
    assert waits == []
    assert "not-the-secret" not in f"{caught.value!r} {caught.value} {caplog.text} {wrong!r}"


def test_without_keys_or_symbols_one_line_says_what_to_do(settings, tmp_path):
    with pytest.raises(ConfigError, match="trii_alpaca_api_key"):
        AlpacaProvider(Settings(home=tmp_path), symbols=("AAA",))
    with pytest.raises(BadInput, match="--symbols"):
        AlpacaProvider(settings, symbols=())


def test_an_unknown_symbol_names_those_that_look_like_it(settings):
    with pytest.raises(UnknownSymbol, match="did you mean AAA"):
        AlpacaProvider(settings, symbols=("AAAA",)).instruments()


def test_a_rename_gives_one_instrument_two_symbols(provider, server):
    server.actions = {"name_changes": [announced("r1", old_symbol="OLD", old_cusip="1",
                      new_symbol="AAA", new_cusip="2")]}  # fmt: skip
    rows = [one for one in provider.instruments() if one.instrument_id == f"alpaca:{IDS['AAA']}"]
    day = date(2024, 2, 6)
    assert [(one.symbol, one.valid_from, one.valid_to) for one in rows] == [
        ("OLD", FIRST, day),
        ("AAA", day, None),
    ]
    (action,) = actions(provider)
    assert action == Rename(
        instrument_id=rows[0].instrument_id,
        ex_date=day,
        available_at=datetime(2024, 2, 5, 21, tzinfo=UTC),
        new_symbol="AAA",
        event_id=EVENT.format("a1"),
    )


def test_a_symbol_that_changed_hands_is_asked_for_its_present_holder(provider, monkeypatch):
    """Two instruments, one of which took the other's symbol: each is asked for by its own of today."""
    asked = []
    monkeypatch.setattr(
        "cluster.providers.alpaca.provider.fetch_bars",
        lambda _client, question: asked.append(question.symbols) or {},
    )
    (one, *_) = provider.instruments()

    def named(symbol, instrument_id, begin):
        return replace(one, symbol=symbol, instrument_id=instrument_id, valid_from=begin)

    rows = [
        named("META", "alpaca:y", date(2016, 1, 4)),
        named("FB", "alpaca:x", date(2016, 1, 4)),
        named("METV", "alpaca:y", date(2022, 1, 31)),
        named("META", "alpaca:x", date(2022, 6, 9)),
    ]
    span = {"start": FIRST, "end": LAST, "recorded_at": datetime(2024, 3, 1, tzinfo=UTC)}
    assert list(provider.bars("1Day", rows, **span)) == []
    assert asked == [("META", "METV")]


EVENT = "00000000-0000-0000-0000-{:0>12}"


def announced(name, **fields):
    """An announcement with the dates that all of them have."""
    return {"id": EVENT.format(name).replace("r", "a"),
            "process_date": "2024-02-06", "ex_date": "2024-02-06", "effective_date": "2024-02-06",
            **fields}  # fmt: skip


def actions(provider):
    return list(provider.actions(provider.instruments(), start=FIRST, end=LAST))


def test_actions_are_translated_as_far_as_alpaca_tells_them(provider, server):
    server.assets[1] |= {"status": "inactive"}
    own = {"symbol": "AAA", "cusip": "1"}
    cash = own | {"foreign": False, "payable_date": "2024-02-20"}
    server.actions = {
        "forward_splits": [announced("1", **own, new_rate=3, old_rate=2)],
        "reverse_splits": [
            announced("2", symbol="BBB", old_cusip="1", new_cusip="2", new_rate=1, old_rate=10)
        ],
        "cash_dividends": [
            announced("3", **cash, rate=0.24, special=False),
            announced("4", **cash, rate=5.0, special=True),
        ],
        "spin_offs": [announced("5", source_symbol="AAA", source_cusip="1", source_rate=1,
                                new_symbol="CCC", new_cusip="3", new_rate=0.5)],
        "worthless_removals": [announced("6", symbol="BBB", cusip="2")],
    }  # fmt: skip
    found = {(one.kind, one.instrument_id): one for one in actions(provider)}
    aaa, bbb = (f"alpaca:{IDS[name]}" for name in ("AAA", "BBB"))
    known = datetime(2024, 2, 5, 21, tzinfo=UTC)
    assert found["split", aaa] == Split(
        instrument_id=aaa,
        ex_date=date(2024, 2, 6),
        available_at=known,
        ratio=1.5,
        event_id=EVENT.format("1"),
    )
    assert found["split", bbb].ratio == 0.1
    dividend, special = found["dividend", aaa], found["special-dividend", aaa]
    assert isinstance(dividend, Dividend)
    assert (dividend.amount, dividend.pay_date) == (0.24, date(2024, 2, 20))
    assert isinstance(special, SpecialDividend)
    assert special.amount == 5.0
    spun = found["spin-off", aaa]
    assert isinstance(spun, SpinOff)
    assert (spun.child_id, spun.ratio) == (f"alpaca:{IDS['CCC']}", 0.5)
    assert spun.child_price == server.bars(
        {"symbols": "CCC", "timeframe": "1Day", "start": "2024-02-06T00:00:00Z",
         "end": "2024-02-07T00:00:00Z"})[0][1]["c"]  # fmt: skip
    assert spun.available_at == datetime(2024, 2, 6, 21, tzinfo=UTC)
    gone = found["delisting", bbb]
    assert isinstance(gone, Delisting)
    assert gone.value == 0.0
    assert [one.valid_to for one in provider.instruments()] == [None, date(2024, 2, 6)]


def test_the_end_of_a_company_that_had_the_symbol_before_is_not_that_of_the_present_one(
    provider, server
):
    server.actions = {"worthless_removals": [announced("1", symbol="AAA", cusip="2")]}
    assert [one.valid_to for one in provider.instruments()] == [None, None]
    assert actions(provider) == []


def test_no_session_is_taken_until_a_quarter_of_an_hour_after_its_close(provider):
    closing = datetime(2024, 3, 19, 20, tzinfo=UTC)
    assert provider.span("1Day", now=closing)[1] == date(2024, 3, 18)
    assert provider.span("1Day", now=closing.replace(minute=16))[1] == date(2024, 3, 19)


async def collect(settings, count, **wanted):
    events, source = [], stream(settings, **wanted)
    async for event in source:
        events.append(event)
        if len(events) == count:
            break
    await source.aclose()
    return events


@pytest.fixture
def quick_reconnects(monkeypatch):
    from cluster.providers.alpaca import stream as module

    monkeypatch.setattr(module._Source, "_reconnect_delay", lambda *_: 0.0)


async def test_live_bars_and_quotes_come_over_a_connection_that_breaks(settings, quick_reconnects):
    at = datetime(2024, 3, 19, 14, 30, tzinfo=UTC)
    live = AlpacaStreamServer(
        [
            [[live_bar("AAA", at, 101.5), live_quote("AAA", at, 101.0, 102.0)]],
            [[live_quote("AAA", at, 0, 102.5)]],
        ]
    )
    try:
        wired = settings.model_copy(update={"alpaca_stream_url": live.url})
        bar, quote, one_sided = await collect(wired, 3, bars=["AAA"], quotes=["AAA"])
    finally:
        live.close()
    assert isinstance(bar, LiveBar)
    assert (bar.symbol, bar.timestamp, bar.close) == ("AAA", at, 101.5)
    assert bar.available_at == at.replace(minute=31)
    assert isinstance(quote, Quote)
    assert (quote.bid_price, quote.ask_price, quote.ask_size) == (101.0, 102.0, 2.0)
    assert (one_sided.bid_price, one_sided.bid_size, one_sided.ask_price) == (None, None, 102.5)
    assert live.connections == 2
    assert live.subscriptions[0] == {"action": "subscribe", "bars": ["AAA"], "quotes": ["AAA"]}


async def test_a_stream_with_wrong_keys_ends_with_a_refusal(settings, quick_reconnects):
    live = AlpacaStreamServer([[]])
    try:
        wired = settings.model_copy(
            update={"alpaca_stream_url": live.url, "alpaca_api_secret": SecretStr("wrong-one")}
        )
        with pytest.raises(ProviderRefused, match="auth failed") as caught:
            await collect(wired, 1, bars=["AAA"])
    finally:
        live.close()
    assert "wrong-one" not in str(caught.value)
    assert live.connections == 1


def test_values_are_those_that_alpaca_sent(provider, server):
    table = pa.concat_tables(take(provider))
    query = {"symbols": "AAA,BBB", "timeframe": "1Day", "start": f"{FIRST}T00:00:00Z",
             "end": f"{LAST}T23:00:00Z"}  # fmt: skip
    sent = [bar for _, bar in server.bars(query)]
    for theirs, ours in (("o", "open"), ("c", "close"), ("v", "volume"), ("vw", "vwap")):
        np.testing.assert_array_equal(table[ours].to_numpy(), [bar[theirs] for bar in sent])
