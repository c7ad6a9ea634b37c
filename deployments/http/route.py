"""The route class of every application: strict bodies, strict queries, its own documentation."""

import json
import re
from collections.abc import Callable, Coroutine
from typing import Any

import orjson
from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.routing import APIRoute

from deployments.http import documents
from deployments.http.context import context_of
from deployments.http.identity import SCOPE_ATTRIBUTE
from deployments.http.params import MODEL_ATTRIBUTE, documented, refuse_query

_JSON = re.compile(r"application/([a-z0-9.-]+\+)?json")


class StrictRequest(Request):
    """A request whose JSON body has no key twice, no NaN and no text that is not Unicode."""

    async def json(self) -> Any:
        """The parsed body. Raises HTTPException 400 where it is not strict JSON."""
        body = await self.body()
        try:
            # Two parsers, because neither refuses everything: orjson stops at lone surrogates,
            # bad UTF-8, NaN and deep nesting; json shows keys that come twice.
            orjson.loads(body)
            return json.loads(body, object_pairs_hook=_unique)
        except _DuplicateKeyError as exc:
            raise HTTPException(400, "the body names a key twice") from exc
        except (ValueError, RecursionError) as exc:
            raise HTTPException(400, "the body is not valid JSON") from exc


class StrictRoute(APIRoute):
    """Refuses query parameters that no model of the route declares; documents those it does."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        extra: dict[str, Any] = dict(self.openapi_extra or {})
        for scope in self._attributes(SCOPE_ATTRIBUTE):
            extra["security"] = [{"bearer": [scope]}]
        for model in self._attributes(MODEL_ATTRIBUTE):
            extra["parameters"] = documented(model, self.param_convertors)
        self.openapi_extra = extra
        of_body = documents.OF_BODIES if self.body_field else {}
        self.responses = documents.PROBLEMS | of_body | self.responses

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        takes_query = bool(self._attributes(MODEL_ATTRIBUTE))
        takes_body = self.body_field is not None
        calls: list[Any] = [dependency.call for dependency in self.dependant.dependencies]
        guards = [call for call in calls if hasattr(call, SCOPE_ATTRIBUTE)]
        endpoint = self.path_format

        async def strict(request: Request) -> Response:
            # First, so that a query that is refused counts under its route as well.
            context_of(request.scope).endpoint = endpoint
            for guard in guards:  # before its input is looked at: a stranger learns no rules
                await guard(request)
            if not takes_query:
                refuse_query(request)
            if takes_body:
                _check_json(request)
            return await handle(StrictRequest(request.scope, request.receive))

        return strict

    def _attributes(self, name: str) -> list[Any]:
        calls = [dependency.call for dependency in self.dependant.dependencies]
        return [getattr(call, name) for call in calls if hasattr(call, name)]


def make_router() -> APIRouter:
    """A router of strict routes. Paths are written whole, as clients see them.

    An operation is called as its function: generated clients have these names.
    """
    return APIRouter(route_class=StrictRoute, generate_unique_id_function=lambda route: route.name)


def _check_json(request: Request) -> None:
    """Raise HTTPException 415 where there is a body and it is not said to be JSON."""
    headers = request.headers
    length = headers.get("content-length", "0")
    media = headers.get("content-type", "").partition(";")[0].strip().lower()
    if (length != "0" or "transfer-encoding" in headers) and not _JSON.fullmatch(media):
        raise HTTPException(415, "expected the header Content-Type: application/json")


class _DuplicateKeyError(ValueError):
    """An object of the body names a key twice: which of the two was meant?"""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _DuplicateKeyError
    return found
