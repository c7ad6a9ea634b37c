"""The fast lane: `GET /v1/quotes/{symbol}` answered in raw ASGI where nothing is wrong with it.

Whatever is not plainly right (no identity, a query, an unknown symbol, …) goes on to FastAPI,
which knows how to say what is wrong. So the lane has no errors of its own.
"""

from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from cluster.clock import Clock
from deployments.http.context import context_of
from deployments.quotes.table import QuoteTable

PREFIX: Final = "/v1/quotes/"
ENDPOINT: Final = PREFIX + "{symbol}"
SCOPE: Final = "quotes:read"

_TYPE = (b"content-type", b"application/json")


class QuoteLane:
    """An ASGI application in front of another."""

    def __init__(self, app: ASGIApp, *, table: QuoteTable, clock: Clock) -> None:
        self._app = app
        self._table = table
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = self._answer(scope) if scope["type"] == "http" else None
        if body is None:
            await self._app(scope, receive, send)
            return
        headers = [_TYPE, (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _answer(self, scope: Scope) -> bytes | None:
        path = scope["path"]
        if scope["method"] != "GET" or not path.startswith(PREFIX) or scope["query_string"]:
            return None
        context = context_of(scope)
        if context.identity is None or SCOPE not in context.identity.scopes:
            return None
        quote = self._table.get(path[len(PREFIX) :], now=self._clock())
        if quote is None:
            return None
        context.endpoint = ENDPOINT
        # The edge made or checked the id: it needs no escaping.
        request_id = context.request_id.encode()
        return b'{"data":%b,"next_page_token":null,"request_id":"%b"}' % (quote, request_id)
