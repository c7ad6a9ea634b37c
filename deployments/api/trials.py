"""`/v1/trials`: what was tried, family by family, from the research ledger."""

from datetime import date, datetime
from typing import Annotated

import numpy as np
from fastapi import Body, Depends, Request, Response
from pydantic import BaseModel

from cluster.clock import Clock
from cluster.errors import NotFound
from cluster.ledger import store as ledger
from cluster.ledger.figures import figures_of
from cluster.ledger.returns import enter_with_returns
from cluster.ledger.store import Trial, find_trials
from cluster.ledger.told import require_same
from cluster.requests.backtest import Family
from cluster.requests.spelling import Spelled
from cluster.requests.trial import TrialRequest
from cluster.security.tokens import Identity
from cluster.settings import Settings
from cluster.stores.lake import Lake
from cluster.stores.postgres import Connection, connect
from deployments.http.app import service
from deployments.http.database import Database, in_thread
from deployments.http.documents import OF_CONFLICTS
from deployments.http.envelope import Envelope, envelope
from deployments.http.identity import require
from deployments.http.pages import Cursor, Limit, Pages, PageToken
from deployments.http.params import Params, params
from deployments.http.route import make_router
from market.arrays import Days, Floats

router = make_router()


class TrialDesk:
    """Enters trials. Raises Overloaded while PostgreSQL is away."""

    def __init__(self, settings: Settings, lake: Lake, *, clock: Clock) -> None:
        self._settings, self._lake, self._clock = settings, lake, clock

    async def enter(self, told: TrialRequest, *, user_id: str) -> tuple[Trial, bool]:
        """The trial as it stands, and whether it is new. Raises Conflict."""
        return await in_thread(lambda: self._enter(told, user_id))

    def _enter(self, told: TrialRequest, user_id: str) -> tuple[Trial, bool]:
        values = np.array(told.returns, dtype=np.float64)
        returns = np.array(told.sessions, dtype="datetime64[D]"), values
        given = told.model_dump(exclude={"start", "sessions", "returns"})
        trial = Trial(
            **given | figures_of(values),
            span_start=told.start,
            span_end=told.sessions[-1],
            snapshot=ledger.TOLD,
            user_id=user_id,
            recorded_at=self._clock(),
        )
        about = f"begun with {trial.strategy} over HTTP"
        with connect(self._settings, "serve") as connection:
            ledger.begin_family(
                connection,
                trial.family,
                description=about,
                user_id=user_id,
                created_at=trial.recorded_at,
            )
            # Before anything is written, and once more of what was told at the same time.
            self._known(connection, trial, returns)
            is_new = enter_with_returns(connection, self._lake, trial, returns)
            standing = None if is_new else self._known(connection, trial, returns)
        return standing or trial, is_new

    def _known(
        self, connection: Connection, trial: Trial, returns: tuple[Days, Floats]
    ) -> Trial | None:
        """The trial as it stands, if it does. Raises Conflict where that says otherwise."""
        try:
            standing = ledger.get_trial(connection, trial.id)
        except NotFound:
            return None
        require_same(self._lake, standing, trial, returns)
        return standing


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


@router.post(
    "/v1/trials",
    status_code=201,
    responses=OF_CONFLICTS | {200: {"description": "Told before", "model": Envelope[TrialOut]}},
    response_model=Envelope[TrialOut],
)
async def enter(
    request: Request,
    caller: Annotated[Identity, Depends(require("trials:write"))],
    body: Annotated[TrialRequest, Body()],
    desk: Annotated[TrialDesk, Depends(service(TrialDesk))],
) -> Response:
    """Enter what was tried elsewhere: 201, or 200 where you told the same before.

    Its id is one of your own: no run of the platform and nobody else's word has it. The same with
    other returns is a conflict.
    """
    trial, is_new = await desk.enter(body, user_id=caller.subject)
    answer = envelope(request, trial.document())
    answer.status_code = 201 if is_new else 200
    return answer


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
