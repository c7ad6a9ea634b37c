"""One OpenAPI document over all applications, made from the routers that serve the requests.

The application that serves it loads this file, and hands in its own routers: it is the only one
that knows what the others answer.
"""

from collections.abc import Iterable
from functools import cached_property
from importlib.metadata import version
from typing import Any

import orjson
from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi

from deployments.analysis import routes as analysis
from deployments.http.documents import HEALTH_PATHS, REQUEST_ID, SCHEMAS
from deployments.http.params import without_null
from deployments.predictions import routes as predictions
from deployments.quotes import routes as quotes
from deployments.stream import routes as stream

_DESCRIPTION = """Quotes, analysis, predictions and jobs of an investment compute platform.

Every route but those of health and documentation needs `Authorization: Bearer <token>` with the
scope that it names; `trii token --role scientist` prints one. Times are RFC 3339 in UTC. Errors are
`application/problem+json` (RFC 9457). `X-Request-Timeout-Ms` sets a deadline; `X-Request-Id` comes
back as it was sent, or is made. Instruments marked synthetic are made up.
"""


class Document:
    """The document over the routers of every application, those of the serving one being `own`."""

    def __init__(self, *own: APIRouter) -> None:
        self._routers = (quotes.router, analysis.router, predictions.router, *own, stream.router)

    @cached_property
    def json(self) -> bytes:
        """The document as JSON, made when it is first asked for."""
        return orjson.dumps(build(self._routers))


def build(routers: Iterable[APIRouter]) -> dict[str, Any]:
    """The document over these routers."""
    app = FastAPI()
    for router in routers:
        app.include_router(router)
    found: dict[str, Any] = get_openapi(
        title="TRII", version=version("trii"), description=_DESCRIPTION, routes=app.routes
    )
    components = found.setdefault("components", {})
    components.setdefault("schemas", {}).update(SCHEMAS)
    components["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    }
    for path, operations in found["paths"].items():
        for operation in operations.values():
            _finish(path, operation)
    found["paths"].update(HEALTH_PATHS)
    return found


def _finish(path: str, operation: dict[str, Any]) -> None:
    """Its noun as its tag, the request id on each answer, no null in what may be left out."""
    operation["tags"] = [path.split("/")[2]]  # `/v1/NOUN/…`
    for parameter in operation.get("parameters", ()):
        parameter["schema"] = without_null(parameter["schema"])
    for answer in operation["responses"].values():
        answer["headers"] = {"x-request-id": REQUEST_ID} | answer.get("headers", {})
