"""The loop of the live writer: at each interval of the clock, the market's quotes go out."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from cluster.clock import Clock
from cluster.logs import get_logger
from deployments.live.publisher import Publisher
from market.synthetic import SyntheticMarket

CALENDAR: Final = "24/7"
# A writer may be late by two ticks before another takes over.
_LEASE_INTERVALS = 3
_LEAST_LEASE_S = 3.0


class Writer:
    """Publishes the synthetic market's quotes. `interval_s` may change while it runs."""

    def __init__(
        self,
        market: SyntheticMarket,
        *,
        redis_url: str,
        interval_s: float,
        clock: Clock,
        published: Callable[[int], None],
    ) -> None:
        self._market = market
        self._url = redis_url
        self._clock = clock
        self._published = published
        self.interval_s = interval_s
        self.leads = False

    async def run(self) -> None:
        """Tick until Valkey goes away, which raises; meant to be called again."""
        async with Redis.from_url(
            self._url, socket_connect_timeout=2.0, socket_timeout=5.0
        ) as client:
            lease_s = max(_LEAST_LEASE_S, _LEASE_INTERVALS * self.interval_s)
            publisher = Publisher(client, lease_s=lease_s)
            try:
                while True:
                    await self.tick(publisher)
                    await asyncio.sleep(until_next(self._clock(), self.interval_s))
            finally:
                # Valkey may be what went away; the lease then runs out by itself.
                with suppress(RedisError):
                    await publisher.release()

    async def tick(self, publisher: Publisher) -> None:
        """Publish the quotes that stand now, where this writer leads."""
        # The first quotes of a day take long to draw.
        quotes = await asyncio.to_thread(self._market.quotes, self._clock())
        leads = await publisher.publish(quotes, calendar=CALENDAR)
        if leads != self.leads:
            get_logger().info("live writer", leads=leads)
        self.leads = leads
        if leads:
            self._published(len(quotes))


def until_next(now: datetime, interval_s: float) -> float:
    """Seconds from `now` to the next multiple of the interval, more than 0."""
    return interval_s - now.timestamp() % interval_s
