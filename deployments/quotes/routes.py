"""The routes of `quotes`, for whatever the fast lane leaves over."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Annotated

import orjson
from fastapi import Depends, Request, Response
from pydantic import BaseModel, Field

from cluster.clock import Clock
from cluster.errors import Overloaded, UnknownSymbol
from deployments.http.app import service
from deployments.http.envelope import Envelope, envelope
from deployments.http.fields import Symbol, SymbolList
from deployments.http.identity import require
from deployments.http.params import Params, params
from deployments.http.partial import PARTIAL, Flag, PartialEnvelope, beside, sort_out
from deployments.http.route import make_router
from deployments.quotes.lane import ENDPOINT, SCOPE
from deployments.quotes.table import QuoteTable
from market.calendar import Status
from market.errors import near_names, offered


class QuoteOut(BaseModel):
    """A quote on the wire; a missing side is null. Times are UTC, prices in the currency."""

    symbol: str
    instrument_id: str
    timestamp: datetime
    bid_price: float | None
    bid_size: float | None
    ask_price: float | None
    ask_size: float | None
    last_price: float | None
    last_size: float | None
    source: str = Field(description="`synthetic`: made up; `last-close`: the last daily close")
    age_ms: int
    is_stale: bool
    market_status: Status
    delisted_on: date | None = Field(
        None,
        description="the first session without trading, of what was delisted: then `last_price` is "
        "the last close, `is_stale` is true and `market_status` closed",
    )


class OneSymbol(Params):
    """`/v1/quotes/{symbol}`."""

    symbol: Symbol


class ManySymbols(Params):
    """`/v1/quotes`."""

    symbols: SymbolList = Field(description="1 to 100 symbols, separated by commas")
    partial: Flag = PARTIAL


class Quotes:
    """What the routes ask: quotes at the clock's time, or the right error."""

    def __init__(self, table: QuoteTable, *, clock: Clock, is_loaded: Callable[[], bool]) -> None:
        self._table = table
        self._clock = clock
        self._is_loaded = is_loaded

    def find(self, symbols: Sequence[str]) -> list[orjson.Fragment]:
        """The quotes in the order asked for. Raises UnknownSymbol, or Overloaded before the first tick."""
        now = self._clock()
        found = [(symbol, self._table.get(symbol, now=now)) for symbol in symbols]
        missing = [symbol for symbol, quote in found if quote is None]
        if missing:
            raise self._unknown(missing)
        return [orjson.Fragment(quote) for _, quote in found if quote is not None]

    def _unknown(self, symbols: list[str]) -> UnknownSymbol | Overloaded:
        if not self._is_loaded():
            return Overloaded("quotes are still loading: try again", retry_after_s=1)
        near = [name for symbol in symbols for name in near_names(symbol, self._table.symbols())]
        unique = list(dict.fromkeys(near))[:5]
        message = f"no quotes for {', '.join(symbols[:10])}{offered(unique)}"
        return UnknownSymbol(message, near=unique)


router = make_router()
_GUARD = [Depends(require(SCOPE))]
Service = Annotated[Quotes, Depends(service(Quotes))]


@router.get(ENDPOINT, dependencies=_GUARD, response_model=Envelope[QuoteOut])
async def quote(
    request: Request, quotes: Service, asked: Annotated[OneSymbol, Depends(params(OneSymbol))]
) -> Response:
    """The latest quote of one symbol."""
    return envelope(request, quotes.find([asked.symbol])[0])


@router.get("/v1/quotes", dependencies=_GUARD, response_model=PartialEnvelope[list[QuoteOut]])
async def latest(
    request: Request, quotes: Service, asked: Annotated[ManySymbols, Depends(params(ManySymbols))]
) -> Response:
    """The latest quotes of several symbols, in the order asked for."""
    if not asked.partial:
        return envelope(request, quotes.find(asked.symbols))
    found, problems = sort_out(asked.symbols, lambda symbol: quotes.find([symbol])[0])
    return envelope(request, found, about=beside(problems))
