"""The application as Serve runs it (edge, lane, FastAPI), with a real Valkey and a real lake."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import redis

from cluster.security.tokens import Identity
from cluster.stores.lake import Lake
from deployments.feed.wire import CHANNEL, HASH, encode, encode_tick
from deployments.quotes.app import make_quotes
from deployments.quotes.routes import QuoteOut
from market.actions import Delisting
from market.quotes import Quote
from tests.lakes import AAPL, RECORDED, fill, fill_renamed, sample_bars
from tests.servers import PASSWORD

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


def quote(symbol, at, last=10.0):
    return Quote(symbol, at, 9.0, 1.0, 11.0, 1.0, last, 1.0, "synthetic")


class Feed:
    """The live writer's side, by hand."""

    def __init__(self, valkey):
        self._client = redis.Redis(port=valkey.port, password=PASSWORD)

    def tick(self, *quotes):
        encoded = {one.symbol: encode(one, calendar="24/7") for one in quotes}
        self._client.hset(HASH, mapping=encoded)
        self._client.publish(CHANNEL, encode_tick(list(encoded.values())))

    def listeners(self):
        return self._client.pubsub_numsub(CHANNEL)[0][1]

    def close(self):
        self._client.close()


@pytest.fixture
def feed(valkey):
    found = Feed(valkey)
    yield found
    found.close()


@pytest.fixture
def app(settings):
    return make_quotes(settings, clock=lambda: NOW)


@pytest.fixture
def client(client_of, app):
    return client_of(app)


@pytest.fixture
def ask(client, eventually):
    """Ask until the answer is the one expected: sources load beside the requests."""

    async def get(path, status=200, last=None):
        async def expected():
            answer = await client.get(path)
            fits = answer.status_code == status
            if fits and last is not None:
                fits = answer.json()["data"]["last_price"] == last
            return answer if fits else None

        return await eventually(expected)

    return get


@pytest.fixture
async def served(alive, app, feed, ask, eventually):
    """The application, fed with two symbols."""
    feed.tick(quote("SYN001", NOW), quote("SYN002", NOW - timedelta(seconds=9)))
    async with alive(app):
        await ask("/v1/quotes/SYN001")
        await eventually(feed.listeners)
        yield


async def test_a_quote_is_answered_in_its_envelope(served, ask):
    answer = await ask("/v1/quotes/SYN001")
    document = answer.json()
    assert answer.headers["content-type"] == "application/json"
    assert document["request_id"] == answer.headers["x-request-id"]
    assert document["next_page_token"] is None
    assert document["data"] == {
        "symbol": "SYN001",
        "timestamp": "2026-01-05T12:00:00Z",
        "bid_price": 9.0,
        "bid_size": 1.0,
        "ask_price": 11.0,
        "ask_size": 1.0,
        "last_price": 10.0,
        "last_size": 1.0,
        "source": "synthetic",
        "instrument_id": "synthetic:SYN001",
        "age_ms": 0,
        "is_stale": False,
        "market_status": "open",
    }


async def test_lane_and_framework_give_the_same_quote(served, ask):
    lane = (await ask("/v1/quotes/SYN002")).json()["data"]
    (framework,) = (await ask("/v1/quotes?symbols=SYN002")).json()["data"]
    assert lane == framework
    assert (lane["is_stale"], lane["age_ms"]) == (True, 9000)


async def test_several_quotes_come_in_the_order_asked_for(served, ask):
    data = (await ask("/v1/quotes?symbols=SYN002,SYN001,SYN002")).json()["data"]
    assert [one["symbol"] for one in data] == ["SYN002", "SYN001"]


async def test_a_symbol_in_small_letters_is_answered_in_capitals(served, ask):
    assert (await ask("/v1/quotes/syn002")).json()["data"]["symbol"] == "SYN002"
    data = (await ask("/v1/quotes?symbols=%20syn002,Syn001")).json()["data"]
    assert [one["symbol"] for one in data] == ["SYN002", "SYN001"]


async def test_of_a_list_in_part_each_symbol_without_a_quote_is_its_own_problem(served, ask):
    found = (await ask("/v1/quotes?symbols=SYN001,SYN01,XQZW&partial=true")).json()
    assert [one["symbol"] for one in found["data"]] == ["SYN001"]
    near, none = found["errors"]
    assert (near["symbol"], near["code"]) == ("SYN01", "unknown_symbol")
    assert near["near"][0] == "SYN001"
    assert (none["symbol"], none["near"], none["detail"]) == ("XQZW", [], "no quotes for XQZW")
    whole = (await ask("/v1/quotes?symbols=SYN001&partial=true")).json()
    assert (len(whole["data"]), whole["errors"]) == (1, [])
    assert "errors" not in (await ask("/v1/quotes?symbols=SYN001&partial=false")).json()


async def test_an_unknown_symbol_is_named_with_near_ones(served, ask, problem):
    for path in ("/v1/quotes/SYN01", "/v1/quotes?symbols=SYN001,SYN01"):
        found = problem(await ask(path, 404), 404, "unknown_symbol")
        assert "SYN01" in found.detail
        assert found.near[0] in {"SYN001", "SYN002"}


async def test_a_tick_reaches_the_next_answer(served, feed, ask):
    feed.tick(quote("SYN001", NOW, last=12.5))
    await ask("/v1/quotes/SYN001", last=12.5)


async def test_quotes_are_served_while_valkey_is_away_and_move_on_when_it_is_back(
    served, valkey, ask, eventually
):
    valkey.stop()
    await ask("/v1/quotes/SYN001", last=10.0)
    valkey.start()
    feed = Feed(valkey)
    await eventually(feed.listeners)
    feed.tick(quote("SYN001", NOW, last=13.0))
    feed.close()
    await ask("/v1/quotes/SYN001", last=13.0)


async def test_before_the_first_quote_the_answer_is_try_again(alive, app, feed, ask, problem):
    async with alive(app):
        answer = await ask("/v1/quotes/SYN001", 503)
        problem(answer, 503, "overloaded")
        assert answer.headers["retry-after"] == "1"


async def test_sample_symbols_answer_their_last_close_as_old_as_it_is(alive, settings, ask, app):
    fill(Lake(settings.lake_url))
    async with alive(app):
        found = (await ask("/v1/quotes/AAPL")).json()["data"]
    assert found["timestamp"] == "2022-12-28T21:00:00Z"
    assert (found["source"], found["is_stale"], found["market_status"]) == (
        "last-close",
        True,
        "closed",
    )
    assert (found["bid_price"], found["ask_price"], found["last_size"]) == (None, None, None)
    age = NOW - datetime(2022, 12, 28, 21, tzinfo=UTC)
    assert found["age_ms"] == age // timedelta(milliseconds=1)


async def test_what_was_delisted_answers_its_last_close_and_says_since_when(
    alive, settings, ask, app, client
):
    lake = Lake(settings.lake_url)
    fill(lake)
    gone = sample_bars().session[-10].item()
    told = Delisting(instrument_id="sample:AAPL", ex_date=gone, available_at=RECORDED, value=0.0)
    lake.append_actions("sample", [told], recorded_at=RECORDED)
    async with alive(app):
        found = (await ask("/v1/quotes/AAPL")).json()["data"]
        listed = (await client.get("/v1/quotes?symbols=sample:AAPL")).json()["data"]
    assert found["last_price"] == sample_bars().close[-11]
    assert (found["delisted_on"], found["is_stale"], found["market_status"]) == (
        str(gone),
        True,
        "closed",
    )
    assert listed == [{**found, "symbol": "sample:AAPL"}]
    assert QuoteOut.model_validate(found).delisted_on == gone


async def test_an_instrument_that_was_renamed_is_quoted_by_its_symbol_of_today(
    alive, settings, ask, app, client
):
    fill_renamed(Lake(settings.lake_url))
    async with alive(app):
        assert (await ask("/v1/quotes/AAPL")).json()["data"]["symbol"] == "AAPL"
        assert (await client.get("/v1/quotes/ZZZ")).status_code != 200


async def test_own_instruments_are_quoted_by_their_last_close_and_take_no_name_from_others(
    alive, settings, ask, app, client, feed
):
    lake = Lake(settings.lake_url)
    fill(lake)
    for symbol in ("0700.HK", "AAPL", "SYN001"):
        own = replace(AAPL, symbol=symbol, dataset="mine", instrument_id=f"mine:{symbol}")
        lake.append_instruments("mine", [own], recorded_at=RECORDED)
        closes = sample_bars().close + 7.0
        bars = replace(sample_bars(), instrument_id=own.instrument_id, close=closes)
        rows = bars.to_arrow(recorded_at=RECORDED)
        lake.append_bars("mine", "1Day", rows, recorded_at=RECORDED)
    feed.tick(quote("SYN001", NOW))
    async with alive(app):
        for name in ("0700.HK", "mine:0700.HK", "mine:AAPL", "sample:AAPL", "mine:SYN001"):
            assert (await ask(f"/v1/quotes/{name}")).json()["data"]["symbol"] == name
        for name in ("SYN001", "synthetic:SYN001"):
            assert (await ask(f"/v1/quotes/{name}")).json()["data"]["source"] == "synthetic"
        same = [
            (await ask(f"/v1/quotes/{name}")).json()["data"] for name in ("AAPL", "sample:AAPL")
        ]
        assert same[0] == {**same[1], "symbol": "AAPL"}
        assert same[0]["last_price"] == sample_bars().close[-1]
        assert (await client.get("/v1/quotes/other:SYN001")).status_code == 404


async def test_a_configured_order_gives_a_streamed_symbol_to_another_dataset(
    alive, settings, client_of, now, feed, eventually
):
    lake = Lake(settings.lake_url)
    fill(lake)
    own = replace(AAPL, symbol="SYN001", dataset="mine", instrument_id="mine:SYN001")
    lake.append_instruments("mine", [own], recorded_at=RECORDED)
    bars = replace(sample_bars(), instrument_id="mine:SYN001").to_arrow(recorded_at=RECORDED)
    lake.append_bars("mine", "1Day", bars, recorded_at=RECORDED)
    ordered = settings.model_copy(update={"dataset_order": ("mine",)})
    app = make_quotes(ordered, clock=lambda: now)
    client = client_of(app)
    feed.tick(quote("SYN001", NOW))
    async with alive(app):

        async def meant(name, source):
            answer = await client.get(f"/v1/quotes/{name}")
            return answer.status_code == 200 and answer.json()["data"]["source"] == source

        await eventually(lambda: meant("SYN001", "last-close"))
        feed.tick(quote("SYN001", NOW, last=12.0))
        await eventually(lambda: meant("synthetic:SYN001", "synthetic"))
        assert await meant("SYN001", "last-close")


async def test_the_lane_asks_for_the_scope_too(served, client_of, app, problem):
    class Powerless:
        """An edge that lets somebody in who may do nothing."""

        async def __call__(self, scope, receive, send):
            identity = scope["trii"].identity
            scope["trii"].identity = Identity(identity.subject, frozenset(), identity.expires_at)
            await app(scope, receive, send)

    answer = await client_of(Powerless()).get("/v1/quotes/SYN001")
    problem(answer, 403, "forbidden")


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/quotes/SYN_001", 422, "invalid"),
        ("/v1/quotes/SYN001%00", 422, "invalid"),
        ("/v1/quotes/%0D%0ASYN001", 422, "invalid"),
        ("/v1/quotes/SYN001?x=1", 422, "invalid"),
        ("/v1/quotes/", 404, "not_found"),
        ("/v1/quotes//", 404, "not_found"),
        ("/v1/quotes/SYN001/", 404, "not_found"),
        ("/v1/quotes/SYN001/x", 404, "not_found"),
        ("/v1/quotes", 422, "invalid"),
        ("/v1/quotes?symbols=", 422, "invalid"),
        (
            "/v1/quotes?symbols=" + ",".join(["A"] * 3 + [f"B{n}" for n in range(100)]),
            422,
            "invalid",
        ),
    ],
)
async def test_bad_input_is_a_fault_of_the_caller(client, problem, path, status, code):
    problem(await client.get(path), status, code)


async def test_writing_is_not_possible(client_of, app, problem):
    problem(await client_of(app).post("/v1/quotes/SYN001", json={}), 405, "method_not_allowed")
