"""`/v1/bars`."""

import asyncio
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request, Response
from pydantic import BaseModel

from deployments.api import tables
from deployments.api.bars import BarReader, Page
from deployments.api.bars_query import BarsQuery
from deployments.http.app import service
from deployments.http.documents import OF_FORMS, Responses, header, text
from deployments.http.envelope import Envelope
from deployments.http.identity import require
from deployments.http.negotiation import accepted, choose
from deployments.http.params import params
from deployments.http.route import make_router
from market.actions import Adjustment

router = make_router()
_ROWS = "The rows; their columns are the fields of a bar"
_FORMS: Responses = {
    200: {
        "content": text(tables.CSV, _ROWS)["content"]
        | text(tables.ARROW, _ROWS, format="binary")["content"],
        "headers": {
            tables.NEXT_PAGE_HEADER: header("The next page's token, where there is one"),
            "x-adjustment": header("What prices are adjusted for by symbol, as JSON"),
            "x-instruments": header("The instrument's id by symbol, as JSON"),
            tables.LEFT_OUT_HEADER: header("Which of the two is too long for a header"),
        },
    }
}


class BarOut(BaseModel):
    """A bar on the wire, stamped with its open; what was not recorded is null."""

    symbol: str
    timestamp: datetime
    open: float | None
    high: float | None
    low: float | None
    close: float
    volume: float | None
    trade_count: int | None
    vwap: float | None
    available_at: datetime | None = None
    recorded_at: datetime | None = None
    vintage: str | None = None


class BarsOut(Envelope[list[BarOut]]):
    """A page of bars, and by symbol which instrument answers and what its prices are adjusted for."""

    instruments: dict[str, str]
    adjustment: dict[str, Adjustment]


@router.get(
    "/v1/bars",
    dependencies=[Depends(require("quotes:read"))],
    responses=OF_FORMS | _FORMS,
    response_model=BarsOut,
)
async def bars(
    request: Request,
    query: Annotated[BarsQuery, Depends(params(BarsQuery))],
    reader: Annotated[BarReader, Depends(service(BarReader))],
) -> Response:
    """Bars of up to 100 symbols, by symbol and then time.

    JSON by default; `text/csv` or `application/vnd.apache.arrow.stream` by `Accept`, which give
    the next page's token in the header `X-Next-Page-Token`, and `instruments` and `adjustment` as
    JSON in `X-Instruments` and `X-Adjustment`. One longer than 4,096 bytes (dozens of symbols with
    long names) is left out and named in `X-Left-Out`: ask for fewer symbols, or for Arrow, whose
    schema has both in its metadata.
    """
    form = choose(accepted(request), tables.FORMS)

    def work() -> tuple[Page, tables.About, object]:
        page = reader.page(query)
        about = {"instruments": page.instruments, "adjustment": page.adjustment}
        return page, about, tables.encode(form, page.rows, about)

    page, about, content = await asyncio.to_thread(work)
    return tables.respond(
        request,
        form,
        content,
        next_page_token=page.next_page_token,
        about=about,
    )
