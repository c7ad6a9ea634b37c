"""`/v1/symbols` and `/v1/calendar`: what can be asked for, and when it trades."""

import asyncio
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final, Literal

from fastapi import Depends, Request, Response
from pydantic import BaseModel, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from cluster.errors import BadInput, Fault
from cluster.stores.lake import Lake
from deployments.http import pages
from deployments.http.documents import PROBLEMS
from deployments.http.envelope import Envelope, envelope
from deployments.http.fields import Day, Digits
from deployments.http.identity import require
from deployments.http.pages import LONGEST, Cursor
from deployments.http.params import Params, params
from deployments.http.route import make_router
from deployments.http.services import service
from market.arrays import from_day
from market.calendar import Calendar, get_calendar
from market.instruments import Instrument

router = make_router()
_GUARD = [Depends(require("quotes:read"))]
_MOST_DAYS: Final = 3660


class SymbolsQuery(Params):
    """`/v1/symbols`."""

    q: Annotated[str, StringConstraints(min_length=1, max_length=32)] | None = Field(
        None, description="part of a symbol or a name, in any case"
    )
    limit: Annotated[Digits, Field(ge=1, le=1000)] = 100
    page_token: Annotated[str, StringConstraints(max_length=LONGEST)] | None = None


class SymbolCursor(Cursor):
    """After which instrument the next page begins."""

    symbol: str
    instrument_id: str


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


@router.get(
    "/v1/symbols",
    dependencies=_GUARD,
    responses=PROBLEMS,
    response_model=Envelope[list[SymbolOut]],
)
async def symbols(
    request: Request,
    query: Annotated[SymbolsQuery, Depends(params(SymbolsQuery))],
    lake: Annotated[Lake, Depends(service(Lake))],
) -> Response:
    """Instruments by symbol, all of them or those that match `q`."""
    name = pages.digest(query)
    cursor = pages.decode(query.page_token, SymbolCursor, query=name)
    found = await asyncio.to_thread(_matching, lake, query.q)
    if cursor is not None:
        found = [one for one in found if _key(one) > (cursor.symbol, cursor.instrument_id)]
    page, rest = found[: query.limit], found[query.limit :]
    token = _token(name, page[-1]) if rest else None
    return envelope(request, [asdict(one) for one in page], next_page_token=token)


class CalendarQuery(Params):
    """`/v1/calendar`."""

    exchange: Literal["XNYS", "24/7"] = "XNYS"
    start: Day
    end: Day = Field(description="included; at most ten years after start")

    @model_validator(mode="after")
    def _span(self) -> "CalendarQuery":
        if not timedelta() <= self.end - self.start <= timedelta(days=_MOST_DAYS):
            raise PydanticCustomError("span", "end must be start or up to ten years after it")
        return self


class SessionOut(BaseModel):
    """One session; times are UTC, the close is excluded."""

    session: date
    open: datetime
    close: datetime
    early_close: bool


@router.get(
    "/v1/calendar",
    dependencies=_GUARD,
    responses=PROBLEMS,
    response_model=Envelope[list[SessionOut]],
)
async def calendar(
    request: Request, query: Annotated[CalendarQuery, Depends(params(CalendarQuery))]
) -> Response:
    """The sessions of an exchange from `start` to `end`, both included."""
    return envelope(request, await asyncio.to_thread(_sessions, query))


def _matching(lake: Lake, part: str | None) -> list[Instrument]:
    wanted = (part or "").casefold()
    found = lake.instruments()
    return sorted(
        (one for one in found if wanted in f"{one.symbol}\n{one.name}".casefold()), key=_key
    )


def _key(one: Instrument) -> tuple[str, str]:
    return one.symbol, one.instrument_id


def _token(query: str, last: Instrument) -> str:
    cursor = SymbolCursor(query=query, symbol=last.symbol, instrument_id=last.instrument_id)
    return pages.encode(cursor)


def _sessions(query: CalendarQuery) -> list[dict[str, Any]]:
    found = get_calendar(query.exchange)
    _check_known(found, query)
    early = set(found.early_closes(query.start, query.end).tolist())
    return [
        {
            "session": day,
            "open": found.session_open(day),
            "close": found.session_close(day),
            "early_close": day in early,
        }
        for day in map(from_day, found.sessions(query.start, query.end))
    ]


def _check_known(found: Calendar, query: CalendarQuery) -> None:
    """Raise BadInput for days of which the calendar knows nothing: no sessions would be a lie."""
    first, last = from_day(found.days[0]), from_day(found.days[-1])
    if query.start < first or query.end > last:
        message = f"expected days from {first} to {last}"
        raise BadInput(message, faults=[Fault("query.start", message, "time_range")])
