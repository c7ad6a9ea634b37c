"""Exception handlers of the FastAPI applications: whatever is raised leaves as a problem."""

from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from cluster.errors import BadInput, Fault, TriiError
from deployments.http import problems
from deployments.http.context import request_id
from deployments.http.problems import Problem
from market.errors import BadParameter, MarketError


def install(app: FastAPI) -> None:
    """Make `app` answer every error as a problem."""
    app.add_exception_handler(TriiError, _trii)
    app.add_exception_handler(MarketError, _market)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unforeseen)


def respond(request: Request, problem: Problem) -> Response:
    """The problem as a response to this request."""
    return Response(
        problem.body(path=request.url.path, request_id=request_id(request)),
        status_code=problem.status,
        headers=problem.headers,
        media_type=problems.MEDIA_TYPE,
    )


def faults_of(errors: Iterable[Mapping[str, Any]]) -> list[Fault]:
    """Pydantic's errors without the input that they quote: place, message and kind only."""
    return [
        Fault(".".join(str(part) for part in error["loc"]), str(error["msg"]), str(error["type"]))
        for error in errors
    ]


async def _trii(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, TriiError)
    return respond(request, problems.from_error(exc))


async def _market(request: Request, exc: Exception) -> Response:
    """The market library names the parameter that it refuses, where there is one."""
    parameter = exc.parameter if isinstance(exc, BadParameter) else ""
    fault = Fault(parameter or "request", str(exc), "bad_parameter")
    return respond(request, problems.from_error(BadInput(str(exc), faults=[fault])))


async def _validation(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, RequestValidationError)
    faults = faults_of(exc.errors())
    message = f"{len(faults)} {'fault' if len(faults) == 1 else 'faults'} in the request"
    return respond(request, problems.from_error(BadInput(message, faults=faults)))


async def _http(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, HTTPException)
    headers = dict(exc.headers or {})
    # As in `from_error`: what failed inside stays inside.
    detail = exc.detail if exc.status_code < 500 else ""
    problem = problems.from_status(exc.status_code, detail=detail, headers=headers)
    return respond(request, problem)


async def _unforeseen(request: Request, _exc: Exception) -> Response:
    """Starlette raises the exception again after this answer, and the edge logs it."""
    return respond(request, problems.internal())
