"""Alpaca's live bars and quotes as one asynchronous iterator, by the SDK's own WebSocket client."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cluster.providers.alpaca.client import credentials
from cluster.providers.alpaca.sdk import Bar as AlpacaBar
from cluster.providers.alpaca.sdk import Quote as AlpacaQuote
from cluster.providers.alpaca.sdk import StockDataStream
from cluster.providers.kit.errors import ProviderError, ProviderRefused
from cluster.settings import Settings
from market.quotes import Quote

_WAITING = 10_000
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class LiveBar:
    """One minute of one symbol: `timestamp` is its open, `available_at` its end (aware UTC)."""

    symbol: str
    timestamp: datetime
    open: float
    high: float
    low: float
    close: float
    volume: float
    trade_count: float | None
    vwap: float | None
    available_at: datetime


Event = LiveBar | Quote


async def stream(
    settings: Settings, *, bars: Sequence[str] = (), quotes: Sequence[str] = ()
) -> AsyncIterator[Event]:
    """Events as they come, for ever; the connection is made again when it breaks.

    What came in between is lost: whoever needs each bar asks for the gap by REST. A reader that is
    10,000 events behind holds the connection back. Raises ProviderRefused for wrong keys.
    """
    events: asyncio.Queue[Event] = asyncio.Queue(_WAITING)
    source = _source(settings)

    async def take_bar(bar: AlpacaBar | dict[Any, Any]) -> None:
        await events.put(_bar(bar))

    async def take_quote(quote: AlpacaQuote | dict[Any, Any]) -> None:
        await events.put(_quote(quote))

    if bars:
        source.subscribe_bars(take_bar, *bars)
    if quotes:
        source.subscribe_quotes(take_quote, *quotes)
    running = asyncio.create_task(source.run_until_stopped())
    try:
        async for event in _until_done(events, running):
            yield event
        raise source.refusal or ProviderError("alpaca: the stream ended")
    finally:
        await source.stop_ws()
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        await source.close()


async def _until_done(
    events: asyncio.Queue[Event], running: asyncio.Task[None]
) -> AsyncIterator[Event]:
    while True:
        following = asyncio.ensure_future(events.get())
        await asyncio.wait({following, running}, return_when=asyncio.FIRST_COMPLETED)
        if not following.done():
            following.cancel()
            return
        yield following.result()


class _Source(StockDataStream):
    """The SDK's client, which would go on trying with keys that were refused."""

    refusal: ProviderRefused | None = None

    async def run_until_stopped(self) -> None:
        """The SDK's loop. Its public `run` starts an event loop of its own, and we are in one."""
        await self._run_forever()

    async def _auth(self) -> None:
        try:
            await super()._auth()
        except ValueError as exc:
            self.refusal = ProviderRefused(f"alpaca refuses the stream: {str(exc)[:100]!r}")
            await self.stop_ws()
            raise


def _source(settings: Settings) -> _Source:
    key, secret = credentials(settings)
    return _Source(
        key,
        secret,
        url_override=f"{settings.alpaca_stream_url.rstrip('/')}/{settings.alpaca_feed}",
    )


def _bar(bar: Any) -> LiveBar:
    return LiveBar(
        symbol=bar.symbol,
        timestamp=bar.timestamp,
        open=bar.open,
        high=bar.high,
        low=bar.low,
        close=bar.close,
        volume=bar.volume,
        trade_count=bar.trade_count,
        vwap=bar.vwap,
        available_at=bar.timestamp + _MINUTE,
    )


def _quote(quote: Any) -> Quote:
    """A side that is not quoted comes as a price of zero: it is missing."""
    return Quote(
        symbol=quote.symbol,
        timestamp=quote.timestamp,
        bid_price=quote.bid_price or None,
        bid_size=quote.bid_size if quote.bid_price else None,
        ask_price=quote.ask_price or None,
        ask_size=quote.ask_size if quote.ask_price else None,
        last_price=None,
        last_size=None,
        source="alpaca",
    )
