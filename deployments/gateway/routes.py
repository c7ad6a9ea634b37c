"""`/api/…`: the part of Ray's REST interface that `ray job` and `JobSubmissionClient` ask.

Paths and answers are Ray's; who may ask, quotas, limits and problems are the platform's.
"""

import asyncio
from importlib.metadata import version
from typing import Annotated, Any, Final

from fastapi import Body, Depends, Request, Response, WebSocket
from fastapi.responses import JSONResponse

from cluster.errors import Conflict, NotFound, TriiError
from cluster.queue.rules.job import Job
from cluster.security.tokens import Identity
from deployments.gateway.asked import SubmitBody, job_request, package_of
from deployments.gateway.packages import Packages
from deployments.gateway.tail import Tails
from deployments.gateway.told import details, name_of
from deployments.http.app import service
from deployments.http.identity import require
from deployments.http.route import make_router
from deployments.jobs.desk import JobDesk

router = make_router()
router.include_in_schema = False  # Ray's, not ours to promise
_SCOPE: Final = "jobs:write"
_CLIENTS_VERSION: Final = "4"  # of Ray's interface: its client follows logs from 1 on
_LISTED: Final = 500
_POLICY_VIOLATION: Final = 1008
Caller = Annotated[Identity, Depends(require(_SCOPE))]
Desk = Annotated[JobDesk, Depends(service(JobDesk))]
Stored = Annotated[Packages, Depends(service(Packages))]


@router.get("/api/version")
async def ray_version(_caller: Caller) -> Response:
    """What the client asks first."""
    ray = version("ray")
    told = {"ray_version": ray, "ray_commit": "", "session_name": "trii"}
    return JSONResponse({"version": _CLIENTS_VERSION} | told)


@router.get("/api/packages/gcs/{name}")
async def has_package(caller: Caller, name: str, packages: Stored) -> Response:
    """Whether the caller has sent it before."""
    await asyncio.to_thread(packages.bundle_of, caller.subject, name)
    return JSONResponse({})


@router.put("/api/packages/gcs/{name}")
async def take_package(request: Request, caller: Caller, name: str, packages: Stored) -> Response:
    """The caller's code: checked, and stored as a bundle."""
    data = await request.body()
    await asyncio.to_thread(packages.take, caller.subject, name, data)
    return JSONResponse({})


@router.post("/api/jobs/")
async def submit_ray_job(
    caller: Caller, body: Annotated[SubmitBody, Body()], desk: Desk, packages: Stored
) -> Response:
    """Enter a job into the queue; the same id and request again give the first job."""
    package = package_of(body)
    bundle = None
    if package is not None:
        bundle = await asyncio.to_thread(packages.bundle_of, caller.subject, package)
    job = await desk.submit(caller, job_request(body, bundle), check=lambda: None)
    return JSONResponse({"job_id": job.id, "submission_id": name_of(job)})


@router.get("/api/jobs/")
async def ray_jobs(caller: Caller, desk: Desk) -> Response:
    """The newest of the caller's jobs, however they came."""
    mine = caller.subject
    found = await desk.page(caller, owner=mine, states=None, before=None, limit=_LISTED)
    return JSONResponse([details(job) for job in found])


@router.get("/api/jobs/{name}")
async def ray_job(caller: Caller, name: str, desk: Desk) -> Response:
    """One job, by the queue's id or the one that the caller chose."""
    return JSONResponse(details(await _find(desk, caller, name)))


@router.get("/api/jobs/{name}/logs")
async def ray_job_logs(caller: Caller, name: str, desk: Desk) -> Response:
    """All that its current attempt has written, or the end of that."""
    job = await _find(desk, caller, name)
    _, log = await desk.log(caller, job.id)
    return JSONResponse({"logs": str(log)})


@router.post("/api/jobs/{name}/stop")
async def stop_ray_job(caller: Caller, name: str, desk: Desk) -> Response:
    """Cancel it; false for one that has ended."""
    job = await _find(desk, caller, name)
    try:
        await desk.cancel(caller, job.id)
    except Conflict:
        return JSONResponse({"stopped": False})
    return JSONResponse({"stopped": True})


@router.delete("/api/jobs/{name}")
async def delete_ray_job(caller: Caller, name: str, desk: Desk) -> Response:
    """Refused: what ran, for whom and what it cost stays known."""
    job = await _find(desk, caller, name)
    raise Conflict(f"job {name_of(job)} is not deleted: the queue keeps what ran")


@router.websocket("/api/jobs/{name}/logs/tail")
async def tail_ray_job(socket: WebSocket, name: str) -> None:
    """What the job writes, as it comes, until it ends."""
    services: dict[type, Any] = socket.app.state.services
    try:
        caller = await require(_SCOPE)(socket)
        job = await _find(services[JobDesk], caller, name)
        await services[Tails].send(socket, job)
    except TriiError as exc:
        await socket.close(_POLICY_VIOLATION, str(exc)[:120])


async def _find(desk: JobDesk, caller: Identity, name: str) -> Job:
    """Raises NotFound, for another's job too."""
    try:
        return await desk.one(caller, name)
    except NotFound:
        return await desk.of_key(caller, name)
