"""Where quotes come from: ticks pushed through Valkey, and last closes from the lake."""

import asyncio
from collections.abc import Collection
from dataclasses import replace
from typing import Any

import redis.asyncio

from cluster.clock import Clock
from cluster.logs import get_logger
from cluster.providers.catalog import BUILT_IN
from cluster.stores.lake import Lake
from deployments.feed.wire import CHANNEL, HASH, decode, decode_tick
from deployments.quotes.table import QuoteTable
from market.arrays import from_stamp
from market.bars import Bars
from market.calendar import get_calendar
from market.instruments import Instrument
from market.quotes import Quote

_LAKE_PERIOD_S = 10.0
_SILENCE_S = 5.0
_SOURCE = "last-close"


class TickSource:
    """Quotes of the live writer: the snapshot first, then every tick.

    `run` ends with an exception where Valkey goes away; it is meant to be called again.
    """

    def __init__(self, table: QuoteTable, *, redis_url: str) -> None:
        self._table = table
        self._url = redis_url
        self.is_loaded = False

    async def run(self) -> None:
        """Feed the table until the connection breaks."""
        client = redis.asyncio.Redis.from_url(
            self._url, socket_connect_timeout=2.0, health_check_interval=2
        )
        async with client, client.pubsub(ignore_subscribe_messages=True) as ticks:
            # Subscribed before the snapshot is read: nothing falls between the two.
            await ticks.subscribe(CHANNEL)
            snapshot = await client.hgetall(HASH)
            for data in snapshot.values():
                self._put(*decode(data))
            get_logger().info("quotes loaded", count=len(snapshot))
            while True:
                self._take(await ticks.get_message(timeout=_SILENCE_S))

    def _take(self, message: dict[str, Any] | None) -> None:
        if message is not None and message["type"] == "message":
            for quote, calendar in decode_tick(message["data"]):
                self._put(quote, calendar)

    def _put(self, quote: Quote, calendar: str) -> None:
        self._table.put(quote, calendar=calendar)
        # By the first quote: an empty hash is a writer that has not begun, not a market without
        # symbols.
        self.is_loaded = True


class CloseSource:
    """Quotes of instruments that nobody streams: their last close, as old as it is.

    Each under its id, and under its symbol if no dataset of ours, and none earlier in the alphabet,
    has that today: what one person takes in takes no quote from others.
    """

    def __init__(
        self, table: QuoteTable, *, lake: Lake, streamed: Collection[str], clock: Clock
    ) -> None:
        self._table = table
        self._lake = lake
        self._streamed = streamed
        self._clock = clock
        self._version = 0

    async def run(self) -> None:
        """Feed the table whenever the lake has changed."""
        while True:
            if (found := await asyncio.to_thread(self.changed)) is not None:
                # Without a wait between: nobody asks while they are away.
                self._table.forget(_SOURCE)
                for quote, calendar in found:
                    self._table.put(quote, calendar=calendar)
            await asyncio.sleep(_LAKE_PERIOD_S)

    def changed(self) -> list[tuple[Quote, str]] | None:
        """Every last close where the lake has a new version, else None."""
        # Before the read and kept only behind it: what is committed meanwhile, or fails, is read
        # next time.
        version = self._lake.version()
        if version == self._version:
            return None
        found = self._instruments()
        for calendar in {instrument.calendar for instrument in found}:
            get_calendar(calendar)  # slow the first time, so not on the event loop
        quotes = last_closes(self._lake, found)
        self._version = version
        return quotes

    def _instruments(self) -> list[Instrument]:
        """Each that is not streamed, once for each name that it answers to today."""
        directory, today = self._lake.directory(), self._clock().date()
        first: dict[str, str] = {}
        for dataset, symbol in sorted(
            ((row.dataset, row.symbol) for row in directory.instruments if row.is_valid_on(today)),
            key=lambda pair: (pair[0] not in BUILT_IN, pair[0]),
        ):
            first.setdefault(symbol, dataset)
        ids = {
            instrument.instrument_id
            for instrument in directory.instruments
            if instrument.dataset not in self._streamed
        }
        return [
            replace(instrument, symbol=name)
            for instrument in directory.named(ids, at=today)
            for name in (instrument.instrument_id, instrument.symbol)
            if name == instrument.instrument_id
            or first.get(name, instrument.dataset) == instrument.dataset
        ]


def last_closes(lake: Lake, instruments: list[Instrument]) -> list[tuple[Quote, str]]:
    """The last daily close under each name of an instrument, a quote without sides.

    Stamped when it was known.
    """
    ids = {instrument.instrument_id for instrument in instruments}
    histories = lake.histories(ids, timeframe="1Day")
    return [
        (_close_quote(instrument.symbol, bars), instrument.calendar)
        for instrument in instruments
        if (bars := histories.get(instrument.instrument_id)) is not None
    ]


def _close_quote(symbol: str, bars: Bars) -> Quote:
    return Quote(
        symbol=symbol,
        timestamp=from_stamp(bars.available_at[-1]),
        bid_price=None,
        bid_size=None,
        ask_price=None,
        ask_size=None,
        last_price=float(bars.close[-1]),
        last_size=None,
        source=_SOURCE,
    )
