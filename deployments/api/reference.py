"""`/v1/symbols` and `/v1/calendar`: what can be asked for, and when it trades."""

import asyncio
from dataclasses import asdict
from datetime import date
from typing import Annotated, Literal

from fastapi import Depends, Request, Response
from pydantic import BaseModel, Field, StringConstraints

from cluster.stores.lake import Lake
from deployments.api.sessions import CalendarQuery, SessionOut, sessions
from deployments.http.app import service
from deployments.http.envelope import Envelope, envelope
from deployments.http.fields import DIGITS
from deployments.http.identity import require
from deployments.http.pages import Cursor, Pages, PageToken
from deployments.http.params import Params, params
from deployments.http.route import make_router
from market.instruments import Instrument

router = make_router()
_GUARD = [Depends(require("quotes:read"))]


class SymbolsQuery(Params):
    """`/v1/symbols`."""

    q: Annotated[str, StringConstraints(min_length=1, max_length=32)] | None = Field(
        None, description="part of a symbol or a name, in any case"
    )
    limit: Annotated[int, Field(ge=1, le=1000), DIGITS] = 100
    page_token: PageToken = None


class SymbolCursor(Cursor):
    """After which instrument the next page begins."""

    symbol: str
    instrument_id: str
    valid_from: date


class SymbolOut(BaseModel):
    """An instrument and the interval in which its symbol held (`valid_to` null: it still does)."""

    instrument_id: str
    symbol: str
    name: str
    exchange: str
    calendar: str
    currency: str
    valid_from: date
    valid_to: date | None
    dataset: str
    fields: Literal["ohlcv", "close"]
    adjusted: bool
    synthetic: bool
    lot_size: float | None = Field(description="units of which an order is a whole multiple")
    tick_size: float | None = Field(description="the step of its prices, in the currency")


@router.get(
    "/v1/symbols",
    dependencies=_GUARD,
    response_model=Envelope[list[SymbolOut]],
)
async def symbols(
    request: Request,
    query: Annotated[SymbolsQuery, Depends(params(SymbolsQuery))],
    lake: Annotated[Lake, Depends(service(Lake))],
) -> Response:
    """Instruments by symbol, all of them or those that match `q`."""
    pages = Pages(query, SymbolCursor)
    found = await asyncio.to_thread(_matching, lake, query.q)
    if pages.after is not None:
        last = _key(pages.after)
        found = [instrument for instrument in found if _key(instrument) > last]
    page, token = pages.cut(found, _place)
    return envelope(request, [asdict(instrument) for instrument in page], next_page_token=token)


@router.get(
    "/v1/calendar",
    dependencies=_GUARD,
    response_model=Envelope[list[SessionOut]],
)
async def calendar(
    request: Request, query: Annotated[CalendarQuery, Depends(params(CalendarQuery))]
) -> Response:
    """The sessions of an exchange from `start` to `end`, both included: hours, breaks, early closes."""
    return envelope(request, await asyncio.to_thread(sessions, query))


def _matching(lake: Lake, part: str | None) -> list[Instrument]:
    wanted = (part or "").casefold()
    found = lake.instruments()
    return sorted(
        (
            instrument
            for instrument in found
            if wanted in f"{instrument.symbol}\n{instrument.name}".casefold()
        ),
        key=_key,
    )


def _key(at: Instrument | SymbolCursor) -> tuple[str, str, date]:
    """An instrument may have had its symbol twice, with another one in between."""
    return at.symbol, at.instrument_id, at.valid_from


def _place(last: Instrument) -> dict[str, object]:
    return {name: getattr(last, name) for name in ("symbol", "instrument_id", "valid_from")}
