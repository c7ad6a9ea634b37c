"""`/v1/backtests` and `/v1/backtests/{id}`: runs and their key figures, from PostgreSQL."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from fastapi import Depends, Request, Response
from pydantic import BaseModel

from cluster.backtests.store import Backtest, get_backtest, list_backtests
from cluster.backtests.tearsheet import tearsheet
from cluster.errors import NotFound
from cluster.requests.spelling import Spelled
from cluster.settings import Settings
from deployments.http.app import service
from deployments.http.database import Database, in_thread
from deployments.http.documents import OF_CONFLICTS, Responses, text
from deployments.http.envelope import Envelope, envelope
from deployments.http.identity import require
from deployments.http.pages import Cursor, Limit, Pages, PageToken
from deployments.http.params import Params, params
from deployments.http.route import make_router

router = make_router()
_GUARD = [Depends(require("backtests:read"))]
_PAGE: Responses = {200: text("text/html", "The report")}
# A page that was made elsewhere: it draws itself, and reaches nothing of this address.
_ALONE: Final = {
    "content-security-policy": "sandbox allow-scripts; default-src 'none'; "
    "style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
}
RunId = Annotated[
    str,
    Spelled(
        r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$",
        "a run's id: letters, digits and . _ -, a letter or digit first, 80 at most",
    ),
]


class BacktestsQuery(Params):
    """`/v1/backtests`."""

    limit: Limit = 50
    page_token: PageToken = None


class BacktestCursor(Cursor):
    """After which run the next page begins."""

    id: RunId


class OneBacktest(Params):
    """`/v1/backtests/{id}`."""

    id: RunId


class BacktestOut(BaseModel):
    """A run; `metrics` once it is done, `error` where it failed."""

    id: str
    state: Literal["running", "done", "failed"]
    definition: str
    request: dict[str, Any]
    metrics: dict[str, Any] | None
    error: str | None
    user_id: str | None
    created_at: datetime
    finished_at: datetime | None


class BacktestReader:
    """Runs from PostgreSQL, and their tear sheets from where results lie."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings

    async def page(self, *, limit: int, before: str | None) -> list[Backtest]:
        """Runs, newest first. Raises Overloaded while PostgreSQL is away."""
        return await self._database.read(lambda c: list_backtests(c, limit=limit, before=before))

    async def one(self, run_id: str) -> Backtest:
        """One run. Raises NotFound, and Overloaded while PostgreSQL is away."""
        found = await self._database.read(lambda c: get_backtest(c, run_id))
        if found is None:
            raise NotFound(f"no backtest has the id {run_id}: /v1/backtests lists them")
        return found

    async def tearsheet(self, run_id: str) -> bytes:
        """A run's report. Raises NotFound, Conflict before it is done, and Overloaded as above."""
        run = await self.one(run_id)
        return await in_thread(lambda: self._read(run))

    def _read(self, run: Backtest) -> bytes:
        with tearsheet(self._settings, run) as file:
            return file.read()


Reader = Annotated[BacktestReader, Depends(service(BacktestReader))]


@router.get(
    "/v1/backtests",
    dependencies=_GUARD,
    response_model=Envelope[list[BacktestOut]],
)
async def backtests(
    request: Request,
    query: Annotated[BacktestsQuery, Depends(params(BacktestsQuery))],
    reader: Reader,
) -> Response:
    """Backtests, newest first."""
    pages = Pages(query, BacktestCursor)
    found = await reader.page(limit=pages.wanted, before=pages.after.id if pages.after else None)
    page, token = pages.cut(found, lambda run: {"id": run.id})
    return envelope(request, [_shown(run) for run in page], next_page_token=token)


@router.get(
    "/v1/backtests/{id}",
    dependencies=_GUARD,
    response_model=Envelope[BacktestOut],
)
async def backtest(
    request: Request,
    asked: Annotated[OneBacktest, Depends(params(OneBacktest))],
    reader: Reader,
) -> Response:
    """One backtest: what was asked, and its key figures once it is done."""
    return envelope(request, _shown(await reader.one(asked.id)))


@router.get(
    "/v1/backtests/{id}/tearsheet",
    dependencies=_GUARD,
    responses=_PAGE | OF_CONFLICTS,
    response_class=Response,
)
async def backtest_tearsheet(
    asked: Annotated[OneBacktest, Depends(params(OneBacktest))], reader: Reader
) -> Response:
    """The report of a backtest that is done: one page that loads nothing."""
    page = await reader.tearsheet(asked.id)
    return Response(page, media_type="text/html; charset=utf-8", headers=_ALONE)


def _shown(found: Backtest) -> dict[str, Any]:
    """What a client sees: where the files lie on the server is not for it."""
    return {key: value for key, value in asdict(found).items() if key != "result_path"}
