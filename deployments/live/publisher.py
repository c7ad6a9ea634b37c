"""Publishing to Valkey under a lease, so that there is one writer however many processes try."""

from collections.abc import Sequence
from typing import Final
from uuid import uuid4

from redis.asyncio import Redis

from deployments.feed.wire import CHANNEL, HASH, encode, encode_tick
from market.quotes import Quote

LEASE: Final = "trii:live:lease"

# The lease is taken or renewed, the hash written and the tick published in one step: a writer
# that was paused and lost its lease can publish nothing late.
_TICK: Final = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('HSET', KEYS[2], unpack(ARGV, 5))
redis.call('PUBLISH', ARGV[3], ARGV[4])
return 1
"""
# Compared and deleted in one step: the lease may be another's by now.
_RELEASE: Final = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""


class Publisher:
    """One writer's hand on the hash and the channel of quotes."""

    def __init__(self, client: Redis, *, lease_s: float) -> None:
        self._client = client
        self._lease_ms = int(lease_s * 1000)
        self._token = uuid4().hex
        self._tick = client.register_script(_TICK)
        self._release = client.register_script(_RELEASE)

    async def publish(self, quotes: Sequence[Quote], *, calendar: str) -> bool:
        """Publish one tick; False where another writer holds the lease. Raises RedisError."""
        encoded = [encode(quote, calendar=calendar) for quote in quotes]
        fields: list[bytes | str | int] = []
        for quote, data in zip(quotes, encoded, strict=True):
            fields += (quote.symbol, data)
        head: list[bytes | str | int] = [self._token, self._lease_ms, CHANNEL, encode_tick(encoded)]
        return bool(await self._tick(keys=[LEASE, HASH], args=head + fields))

    async def release(self) -> None:
        """Give the lease back, so that the next writer need not wait for its end."""
        await self._release(keys=[LEASE], args=[self._token])
