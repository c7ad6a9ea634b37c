"""Where quotes come from: ticks pushed through Valkey, and last closes from the lake."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import numpy as np
import redis.asyncio

from cluster.clock import Clock
from cluster.logs import get_logger
from cluster.stores.lake import Directory, Lake
from cluster.stores.lake.known_prices import known_prices
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


@dataclass(frozen=True)
class LastClose:
    """A quote under one name of an instrument."""

    quote: Quote
    calendar: str
    instrument_id: str
    delisted_on: date | None = None


@dataclass(frozen=True)
class Closes:
    """Every last close, and the streamed symbols that mean an instrument of another dataset."""

    quotes: list[LastClose]
    given_away: frozenset[str]


class CloseSource:
    """Quotes of instruments that nobody streams: their last close, as old as it is.

    Each under its id, with its dataset before its symbol, and under its symbol if that means it
    today, as everywhere: see `Directory`.
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
            if (closes := await asyncio.to_thread(self.changed)) is not None:
                self.tell(closes)
            await asyncio.sleep(_LAKE_PERIOD_S)

    def tell(self, closes: Closes) -> None:
        """Put them into the table, in place of those before; on its event loop."""
        # Without a wait between: nobody asks while they are away.
        self._table.forget(_SOURCE)
        self._table.give_away(closes.given_away)
        for close in closes.quotes:
            self._table.put(
                close.quote,
                calendar=close.calendar,
                instrument_id=close.instrument_id,
                delisted_on=close.delisted_on,
            )

    def changed(self) -> Closes | None:
        """Every last close where the lake has a new version, else None."""
        # Before the read and kept only behind it: what is committed meanwhile, or fails, is read
        # next time.
        version = self._lake.version()
        if version == self._version:
            return None
        now = self._clock()
        directory, today = self._lake.directory(), now.date()
        found = named_closes(directory, streamed=self._streamed, today=today)
        for calendar in {instrument.calendar for instrument in found}:
            get_calendar(calendar)  # slow the first time, so not on the event loop
        quotes = last_closes(self._lake, found, now=now)
        self._version = version
        return Closes(quotes, _given_away(directory, streamed=self._streamed, today=today))


def named_closes(
    directory: Directory, *, streamed: Collection[str], today: date
) -> list[Instrument]:
    """Each that is not streamed, once for each name that it answers to today."""
    ids = {
        instrument.instrument_id
        for instrument in directory.instruments
        if instrument.dataset not in streamed
    }
    return [
        replace(instrument, symbol=name)
        for instrument in directory.named(ids, at=today)
        for name in dict.fromkeys(
            (
                instrument.instrument_id,
                f"{instrument.dataset}:{instrument.symbol}",
                instrument.symbol,
            )
        )
        if _meant(directory, name, today) == instrument.instrument_id
    ]


def _given_away(directory: Directory, *, streamed: Collection[str], today: date) -> frozenset[str]:
    live = {
        instrument.symbol: instrument.instrument_id
        for instrument in directory.instruments
        if instrument.dataset in streamed
    }
    return frozenset(
        symbol for symbol, own in live.items() if _meant(directory, symbol, today) != own
    )


def _meant(directory: Directory, name: str, today: date) -> str:
    """The id of whom a name means today; of a name that nobody has any more, the last that had it."""
    found = directory.find(name, on=today)
    return found.instrument_id if found else ""


def last_closes(lake: Lake, instruments: list[Instrument], *, now: datetime) -> list[LastClose]:
    """The last daily close under each name of an instrument, a quote without sides.

    Stamped when it was known. Of what is delisted the last one before, with the day.
    """
    histories = known_prices(lake, instruments, timeframe="1Day", at=now)
    quotes = []
    for instrument in instruments:
        if (history := histories.get(instrument.instrument_id)) is None:
            continue
        day, bars = history.delisted_on(), history.bars
        bars = bars if day is None else bars.take(bars.session < np.datetime64(day, "D"))
        if len(bars):
            quote = _close_quote(instrument.symbol, bars)
            quotes.append(LastClose(quote, instrument.calendar, instrument.instrument_id, day))
    return quotes


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
