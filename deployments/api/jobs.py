"""`/v1/jobs`: submit, look, cancel, retry; logs and files of a job."""

from functools import partial
from typing import Annotated
from urllib.parse import quote

from fastapi import Body, Depends, Header, Request, Response
from fastapi.responses import StreamingResponse

from cluster.queue.rules.job import Job
from cluster.requests.job import Key
from cluster.security.tokens import Identity
from deployments.http.app import service
from deployments.http.documents import OF_CONFLICTS, Responses, header, text
from deployments.http.envelope import Envelope, envelope
from deployments.http.identity import require
from deployments.http.pages import Pages
from deployments.http.params import params
from deployments.http.route import make_router
from deployments.jobs.body import JobBody, check_against, job_request
from deployments.jobs.desk import JobDesk
from deployments.jobs.files import chunks, log_part
from deployments.jobs.out import ArtifactOut, JobOut, WholeJobOut, shown, shown_whole
from deployments.jobs.query import JobCursor, JobsQuery, LogQuery, OneArtifact, OneJob

router = make_router()
Caller = Annotated[Identity, Depends(require("jobs:write"))]
Desk = Annotated[JobDesk, Depends(service(JobDesk))]
IdempotencyKey = Annotated[
    Key | None,
    Header(alias="Idempotency-Key", description="The same again gives the first job."),
]
_FILE: Responses = {200: text("application/octet-stream", "The file", format="binary")}
_LOG: Responses = {
    200: text("text/plain", "A part of the log")
    | {
        "headers": {
            "x-log-from": header("Where the part begins, in bytes"),
            "x-log-next": header("The `from` of the next part"),
            "x-log-length": header("Bytes that there are so far"),
            "x-job-attempt": header("Which attempt wrote it"),
            "x-job-state": header("The state that the job is in"),
        }
    }
}
_PLACED: Responses = {202: {"headers": {"location": header("The path of the job")}}}


@router.get("/v1/jobs", response_model=Envelope[list[JobOut]])
async def jobs(
    request: Request,
    caller: Caller,
    query: Annotated[JobsQuery, Depends(params(JobsQuery))],
    desk: Desk,
) -> Response:
    """Jobs, newest first: your own, and everybody's for operators."""
    pages = Pages(query, JobCursor)
    found = await desk.page(
        caller,
        owner=query.user,
        states=query.state,
        before=pages.after.id if pages.after else None,
        limit=pages.wanted,
    )
    page, token = pages.cut(found, lambda job: {"id": job.id})
    return envelope(request, [shown(job) for job in page], next_page_token=token)


@router.post(
    "/v1/jobs",
    status_code=202,
    responses=OF_CONFLICTS | _PLACED,
    response_model=Envelope[JobOut],
)
async def submit(
    request: Request,
    caller: Caller,
    body: Annotated[JobBody, Body()],
    desk: Desk,
    key: IdempotencyKey = None,
) -> Response:
    """Enter a job into the queue; `Location` says where it is.

    What the lake as it stands cannot carry, such as an unknown universe, is refused here, unless it
    comes `after` other jobs, which may bring it. A strategy of your own is one of its `bundle`.
    """
    asked = job_request(body, key=key)
    check = partial(check_against, desk.settings, desk.lake, body)
    return _accepted(request, await desk.submit(caller, asked, check=check))


@router.get("/v1/jobs/{id}", response_model=Envelope[WholeJobOut])
async def job(
    request: Request, caller: Caller, asked: Annotated[OneJob, Depends(params(OneJob))], desk: Desk
) -> Response:
    """One job with its progress and attempts."""
    found = await desk.whole(caller, asked.id)
    return envelope(request, shown_whole(found, now=desk.clock()))


@router.delete(
    "/v1/jobs/{id}",
    status_code=202,
    responses=OF_CONFLICTS | _PLACED,
    response_model=Envelope[JobOut],
)
async def cancel(
    request: Request, caller: Caller, asked: Annotated[OneJob, Depends(params(OneJob))], desk: Desk
) -> Response:
    """Cancel a job: one that waits at once, one that runs as soon as it has been stopped."""
    return _accepted(request, await desk.cancel(caller, asked.id))


@router.post(
    "/v1/jobs/{id}:retry",
    status_code=202,
    responses=OF_CONFLICTS | _PLACED,
    response_model=Envelope[JobOut],
)
async def retry(
    request: Request, caller: Caller, asked: Annotated[OneJob, Depends(params(OneJob))], desk: Desk
) -> Response:
    """One more attempt of a job that ended without success, under the same id."""
    return _accepted(request, await desk.retry(caller, asked.id))


@router.get("/v1/jobs/{id}/logs", responses=_LOG, response_class=Response)
async def logs(
    caller: Caller, asked: Annotated[LogQuery, Depends(params(LogQuery))], desk: Desk
) -> Response:
    """What the current attempt has written, in parts of at most 1 MB: the last one without `from`.

    `X-Log-From` is where the part begins, `X-Log-Next` the `from` of the next one, `X-Log-Length`
    all that there is so far; `X-Job-Attempt` and `X-Job-State` are the attempt and the state:
    another attempt begins a new log.
    """
    found, log = await desk.log(caller, asked.id)
    part = log_part(log, start=asked.start)
    headers = {
        "x-log-from": str(part.start),
        "x-log-next": str(part.start + len(part.content)),
        "x-log-length": str(part.length),
        "x-job-attempt": str(found.attempt),
        "x-job-state": found.state,
    }
    return Response(part.content, media_type="text/plain; charset=utf-8", headers=headers)


@router.get("/v1/jobs/{id}/artifacts", response_model=Envelope[list[ArtifactOut]])
async def artifacts(
    request: Request, caller: Caller, asked: Annotated[OneJob, Depends(params(OneJob))], desk: Desk
) -> Response:
    """The files that the job has left, its log among them."""
    found = await desk.artifacts(caller, asked.id)
    return envelope(request, [{"name": file.name, "bytes": file.bytes} for file in found])


@router.get("/v1/jobs/{id}/artifacts/{name:path}", responses=_FILE, response_class=Response)
async def artifact(
    caller: Caller,
    asked: Annotated[OneArtifact, Depends(params(OneArtifact))],
    desk: Desk,
) -> Response:
    """One of these files."""
    file = await desk.artifact(caller, asked.id, asked.name)
    # A job names its files as it likes: encoded, no quote and no line break in a name ends the
    # header.
    name = quote(asked.name.rpartition("/")[2], safe="")
    headers = {"content-disposition": f"attachment; filename*=UTF-8''{name}"}
    return StreamingResponse(chunks(file), media_type="application/octet-stream", headers=headers)


def _accepted(request: Request, found: Job) -> Response:
    answer = envelope(request, shown(found), headers={"location": f"/v1/jobs/{found.id}"})
    answer.status_code = 202
    return answer
