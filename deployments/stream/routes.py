"""`GET /v1/stream/jobs/{id}`: a job as server-sent events."""

from typing import Annotated

from fastapi import Depends, Header, Request, Response
from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from cluster.security.tokens import Identity
from deployments.http.app import service
from deployments.http.context import context_of
from deployments.http.documents import OF_FORMS, Responses
from deployments.http.identity import require
from deployments.http.negotiation import accepted, choose
from deployments.http.params import params
from deployments.http.route import make_router
from deployments.jobs.desk import JobDesk
from deployments.jobs.query import OneJob
from deployments.stream.follower import Streams
from deployments.stream.response import MEDIA_TYPE, EventStream
from deployments.stream.wire import Position

router = make_router()


def _place(text: str) -> str:
    if Position.parse(text) is None:
        raise PydanticCustomError("event_id", "expected the id of an event of this stream")
    return text


LastEventId = Annotated[
    Annotated[str, AfterValidator(_place)] | None,
    Header(alias="Last-Event-ID", description="Go on behind this event."),
]
_ANSWERS: Responses = {
    200: {"content": {MEDIA_TYPE: {}}, "description": "Events; see docs/jobs.md"},
    204: {"description": "Nothing comes behind this event: the job has ended"},
}


@router.get("/v1/stream/jobs/{id}", responses=OF_FORMS | _ANSWERS, response_class=Response)
async def follow(  # noqa: PLR0917 - FastAPI passes by name
    request: Request,
    caller: Annotated[Identity, Depends(require("jobs:write"))],
    asked: Annotated[OneJob, Depends(params(OneJob))],
    desk: Annotated[JobDesk, Depends(service(JobDesk))],
    streams: Annotated[Streams, Depends(service(Streams))],
    last_event_id: LastEventId = None,
) -> Response:
    """State changes, progress and log lines of a job until it ends."""
    choose(accepted(request), [MEDIA_TYPE])
    job = await desk.one(caller, asked.id)
    after = Position.parse(last_event_id) if last_event_id else None
    # A browser comes back after every end of a stream; only this status tells it not to. A job that
    # is retried has another attempt.
    if after is not None and after.ended and job.ended and after.attempt == job.attempt:
        return Response(status_code=204)
    context = context_of(request.scope)
    return EventStream(streams.frames(context, job, after=after, until=caller.expires_at))
