"""Exception handlers of the FastAPI applications: whatever is raised leaves as a problem."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from cluster.errors import BadInput, Fault, TriiError
from deployments.http import problems
from deployments.http.context import request_id
from deployments.http.problems import Problem
from market.errors import BadParameter, MarketError

_PLACES = {"GET": "query", "DELETE": "query"}  # where a route of this method is told what to do
_METHODS = ("DELETE", "GET", "PATCH", "POST", "PUT")


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


def faults_of(errors: Iterable[Mapping[str, Any]], *, body: object = None) -> list[Fault]:
    """Pydantic's errors without the input that they quote: place, message and kind only."""
    return [
        Fault(
            ".".join(str(part) for part in _place(error, body)),
            str(error["msg"]),
            str(error["type"]),
        )
        for error in errors
    ]


def _place(error: Mapping[str, Any], body: object) -> list[int | str]:
    """Where in the request a fault is, in the client's own names.

    Pydantic also names which member of a union it has tried: the kind of a job, a type of number.
    """
    first, *parts = error["loc"]
    at, found = body if first == "body" else {}, [first]
    for part in parts:
        is_kind = isinstance(at, Mapping) and part not in at and part in at.values()
        if not is_kind and isinstance(at, Mapping | list):
            found.append(part)
            at = _inside(at, part)
    return found


def _inside(at: Mapping[str, Any] | list[Any], part: int | str) -> Any:
    """What stands there; an empty mapping where nothing does, for what is lacking."""
    try:
        return at[part]  # type: ignore[index]  # a name or a place, as pydantic found it
    except (LookupError, TypeError):
        return {}


async def _trii(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, TriiError)
    return respond(request, problems.from_error(exc))


async def _market(request: Request, exc: Exception) -> Response:
    """The market library names the parameter that it refuses, where there is one."""
    parameter = exc.parameter if isinstance(exc, BadParameter) else ""
    place = "path" if parameter in request.path_params else _PLACES.get(request.method, "body")
    fault = Fault(f"{place}.{parameter}" if parameter else place, str(exc), "bad_parameter")
    return respond(request, problems.from_error(BadInput(str(exc), faults=[fault])))


async def _validation(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, RequestValidationError)
    faults = faults_of(exc.errors(), body=exc.body)
    more = f" (and {len(faults) - 1} more, all in errors)" if len(faults) > 1 else ""
    message = f"{faults[0].loc}: {faults[0].msg}{more}"
    return respond(request, problems.from_error(BadInput(message, faults=faults)))


async def _http(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, HTTPException)
    headers = {name.lower(): value for name, value in (exc.headers or {}).items()}
    if exc.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["allow"] = ", ".join(_methods(request))
    # As in `from_error`: what failed inside stays inside.
    detail = exc.detail if exc.status_code < 500 else ""
    problem = problems.from_status(exc.status_code, detail=detail, headers=headers)
    return respond(request, problem)


def _methods(request: Request) -> list[str]:
    """Those of every route of this path. The edge answers HEAD as GET without the body."""
    found = {
        method
        for method in _METHODS
        for route in request.app.routes
        if route.matches({**request.scope, "method": method})[0] == Match.FULL
    }
    return sorted(found | {"HEAD"} if "GET" in found else found)


async def _unforeseen(request: Request, _exc: Exception) -> Response:
    """Starlette raises the exception again after this answer, and the edge logs it."""
    return respond(request, problems.internal())
