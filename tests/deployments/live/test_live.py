"""The live writer against a real Valkey."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import redis
from redis.asyncio import Redis

from cluster import waiting
from deployments.background import forever
from deployments.feed.wire import CHANNEL, HASH, decode, decode_tick
from deployments.live.publisher import LEASE, Publisher
from deployments.live.writer import Writer, until_next
from market.synthetic import SyntheticMarket
from tests.servers import PASSWORD

MARKET = SyntheticMarket(instruments=3)


@pytest.fixture
def store(valkey):
    with redis.Redis(port=valkey.port, password=PASSWORD) as client:
        yield client


@pytest.fixture
async def client(settings, valkey):
    async with Redis.from_url(settings.redis_url()) as found:
        yield found


@pytest.fixture
def writer(settings, now):
    counts = []
    made = Writer(
        MARKET,
        redis_url=settings.redis_url(),
        interval_s=0.01,
        clock=lambda: now,
        published=counts.append,
    )
    made.counts = counts
    return made


async def test_a_tick_stands_in_the_hash_and_goes_out_on_the_channel(store, client, writer, now):
    with store.pubsub(ignore_subscribe_messages=True) as ticks:
        ticks.subscribe(CHANNEL)
        ticks.get_message(timeout=5)
        await writer.tick(Publisher(client, lease_s=5))
        sent = decode_tick(ticks.get_message(timeout=5)["data"])
    assert [quote for quote, _ in sent] == MARKET.quotes(now)
    assert {calendar for _, calendar in sent} == {"24/7"}
    stored = [decode(data)[0] for data in store.hgetall(HASH).values()]
    assert sorted(stored, key=lambda quote: quote.symbol) == MARKET.quotes(now)
    assert writer.counts == [3]


async def test_of_two_writers_one_publishes(client, now):
    first, second = Publisher(client, lease_s=5), Publisher(client, lease_s=5)
    quotes = MARKET.quotes(now)
    assert await first.publish(quotes, calendar="24/7")
    assert not await second.publish(quotes, calendar="24/7")
    assert await first.publish(quotes, calendar="24/7")


async def test_the_second_writer_takes_over_when_the_first_gives_up(client, now):
    first, second = Publisher(client, lease_s=60), Publisher(client, lease_s=60)
    quotes = MARKET.quotes(now)
    await first.publish(quotes, calendar="24/7")
    await second.release()  # not its own: nothing happens
    assert not await second.publish(quotes, calendar="24/7")
    await first.release()
    assert await second.publish(quotes, calendar="24/7")


async def test_the_second_writer_takes_over_when_the_first_is_silent(
    client, store, now, eventually
):
    first, second = Publisher(client, lease_s=60), Publisher(client, lease_s=60)
    quotes = MARKET.quotes(now)
    await first.publish(quotes, calendar="24/7")
    store.pexpire(LEASE, 1)
    await eventually(lambda: second.publish(quotes, calendar="24/7"))
    assert not await first.publish(quotes, calendar="24/7")


async def test_the_writer_goes_on_when_valkey_is_killed_and_comes_back_empty(
    valkey, writer, eventually
):
    task = asyncio.create_task(forever(writer.run, first_wait_s=0.01))
    await eventually(lambda: writer.counts)
    valkey.stop()
    valkey.start()
    before = len(writer.counts)
    await eventually(lambda: len(writer.counts) > before + 2)
    await waiting.end(task)
    with redis.Redis(port=valkey.port, password=PASSWORD) as store:
        assert store.hlen(HASH) == 3
        assert store.get(LEASE) is None, "a writer that stops gives its lease back"


@pytest.mark.parametrize(("microsecond", "wait"), [(0, 1.0), (250_000, 0.75), (999_999, 0.000_001)])
def test_ticks_fall_on_full_seconds(microsecond, wait):
    at = datetime(2026, 1, 5, 12, tzinfo=UTC) + timedelta(microseconds=microsecond)
    assert until_next(at, 1.0) == pytest.approx(wait, abs=1e-6)
