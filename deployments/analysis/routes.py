"""The routes of `analysis`. The work is done in threads: a loop that computes answers nobody."""

import asyncio
from datetime import date, datetime
from typing import Annotated

from fastapi import Depends, Request, Response
from pydantic import BaseModel

from deployments.analysis import compute
from deployments.analysis.histories import Histories
from deployments.analysis.queries import IndicatorsQuery, StatisticsQuery
from deployments.http.app import service
from deployments.http.envelope import Envelope, envelope
from deployments.http.identity import require
from deployments.http.params import params
from deployments.http.route import make_router
from market.actions import Adjustment

router = make_router()
_GUARD = [Depends(require("analysis:read"))]
Service = Annotated[Histories, Depends(service(Histories))]


class About(BaseModel):
    """Which record the numbers come from; `adjusted` if it was before it was recorded.

    `adjustment` is what the prices are adjusted for that the numbers are computed from.
    """

    symbol: str
    instrument_id: str
    currency: str
    adjusted: bool
    adjustment: Adjustment
    synthetic: bool
    snapshot: str


class IndicatorRow(BaseModel):
    """A bar, stamped with its open, and the values at its close; null until an indicator is warm."""

    timestamp: datetime
    close: float
    values: dict[str, float | None]


class IndicatorsOut(About):
    """Indicators aligned with their bars, oldest first."""

    timeframe: str
    indicators: list[str]
    rows: list[IndicatorRow]


class DrawdownOut(BaseModel):
    """The deepest fall of the close."""

    depth: float
    peak_session: date
    trough_session: date


class StatisticsOut(About):
    """Statistics of daily returns; `methods` says how each is defined. Null: not defined here."""

    first_session: date
    last_session: date
    sessions_per_year: int
    statistics: dict[str, float | None]
    drawdown: DrawdownOut
    methods: dict[str, str]


@router.get(
    "/v1/analysis/{symbol}/indicators",
    dependencies=_GUARD,
    response_model=Envelope[IndicatorsOut],
)
async def indicators(
    request: Request,
    histories: Service,
    query: Annotated[IndicatorsQuery, Depends(params(IndicatorsQuery))],
) -> Response:
    """Technical indicators, computed from the instrument's first bar and cut to the span.

    Prices are adjusted for splits, so that a level of before one can stand beside a level of today.
    """
    found = await asyncio.to_thread(
        lambda: compute.indicators(histories.get(query.symbol, query.timeframe), query)
    )
    return envelope(request, found)


@router.get(
    "/v1/analysis/{symbol}/statistics",
    dependencies=_GUARD,
    response_model=Envelope[StatisticsOut],
)
async def statistics(
    request: Request,
    histories: Service,
    query: Annotated[StatisticsQuery, Depends(params(StatisticsQuery))],
) -> Response:
    """Return and risk statistics of the daily closes in the span.

    Returns are those of a holder through splits who reinvests dividends and spin-offs.
    """
    found = await asyncio.to_thread(
        lambda: compute.statistics(histories.get(query.symbol, "1Day"), query)
    )
    return envelope(request, found)
