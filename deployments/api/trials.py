"""`/v1/trials`: what was tried, family by family, from the research ledger."""

from datetime import date, datetime
from typing import Annotated

from fastapi import Depends, Request, Response
from pydantic import BaseModel

from cluster.ledger.store import find_trials
from cluster.requests.backtest import Family
from cluster.requests.spelling import Spelled
from deployments.http.app import service
from deployments.http.database import Database
from deployments.http.envelope import Envelope, envelope
from deployments.http.identity import require
from deployments.http.pages import Cursor, Limit, Pages, PageToken
from deployments.http.params import Params, params
from deployments.http.route import make_router

router = make_router()
TrialId = Annotated[str, Spelled(r"^[0-9a-f]{64}$", "64 hexadecimal digits")]


class TrialsQuery(Params):
    """`/v1/trials`."""

    family: Family | None = None
    limit: Limit = 50
    page_token: PageToken = None


class TrialCursor(Cursor):
    """After which trial the next page begins."""

    id: TrialId


class TrialOut(BaseModel):
    """A trial, and the figures of its daily returns; null where these are too few or never varied.

    `sharpe` is per session, `annual_sharpe` that times the root of `sessions_per_year`; `kurtosis`
    is 3 for a normal.
    """

    id: TrialId
    family: str
    strategy: str
    source_hash: str
    parameters: dict[str, float]
    universe: str
    costs: dict[str, float]
    span_start: date
    span_end: date
    snapshot: str
    data_hash: str | None
    sessions: int
    sessions_per_year: int | None
    sharpe: float | None
    skew: float | None
    kurtosis: float | None
    run_id: str
    user_id: str
    recorded_at: datetime
    annual_sharpe: float | None


@router.get(
    "/v1/trials",
    dependencies=[Depends(require("backtests:read"))],
    response_model=Envelope[list[TrialOut]],
)
async def trials(
    request: Request,
    query: Annotated[TrialsQuery, Depends(params(TrialsQuery))],
    database: Annotated[Database, Depends(service(Database))],
) -> Response:
    """Trials of the research ledger, newest first."""
    pages = Pages(query, TrialCursor)
    before = pages.after.id if pages.after else None
    found = await database.read(
        lambda c: find_trials(c, family=query.family, limit=pages.wanted, before=before)
    )
    page, token = pages.cut(found, lambda trial: {"id": trial.id})
    return envelope(request, [trial.document() for trial in page], next_page_token=token)
