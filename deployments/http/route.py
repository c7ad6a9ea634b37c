"""The route class of every application: strict bodies, strict queries, its own documentation."""

import json
from collections.abc import Callable, Coroutine
from typing import Any

import orjson
from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.routing import APIRoute

from deployments.http.context import context_of
from deployments.http.identity import SCOPE_ATTRIBUTE
from deployments.http.params import MODEL_ATTRIBUTE, documented, refuse_query


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

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        takes_query = bool(self._attributes(MODEL_ATTRIBUTE))
        endpoint = self.path_format

        async def strict(request: Request) -> Response:
            # First, so that a query that is refused counts under its route as well.
            context_of(request.scope).endpoint = endpoint
            if not takes_query:
                refuse_query(request)
            return await handle(StrictRequest(request.scope, request.receive))

        return strict

    def _attributes(self, name: str) -> list[Any]:
        calls = [dependency.call for dependency in self.dependant.dependencies]
        return [getattr(call, name) for call in calls if hasattr(call, name)]


def make_router() -> APIRouter:
    """A router of strict routes. Paths are written whole, as clients see them."""
    return APIRouter(route_class=StrictRoute)


class _DuplicateKeyError(ValueError):
    """An object of the body names a key twice: which of the two was meant?"""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _DuplicateKeyError
    return found
