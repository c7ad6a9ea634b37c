"""The middleware itself: raw ASGI, because every request of every application passes it.

In order: health, identity, deadline, body limit. What goes wrong, here or behind, leaves as a
problem; what was answered is told to the telemetry.
"""

import asyncio
import re
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from time import perf_counter
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cluster.errors import Overloaded, TriiError
from cluster.logs import bind_request, get_logger
from cluster.security.tokens import Verifier
from deployments.edge.answer import Answer
from deployments.edge.body import LimitedBody, check_claim
from deployments.edge.headers import RequestHead, read_head
from deployments.edge.telemetry import Observation, Observe
from deployments.http import problems
from deployments.http.context import KEY, RequestContext

LIVE: Final = "/healthz"
READY: Final = "/readyz"
SERVE_HEALTH: Final = "/-/healthz"
OPEN_PATHS: Final = frozenset({SERVE_HEALTH, "/-/routes", "/openapi.json", "/docs"})
OPEN_PREFIX: Final = "/docs/"
STREAMS: Final = "/v1/stream/"
PACKAGES: Final = "/api/packages/"
SOCKETS: Final = re.compile(r"/api/jobs/[^/]+/logs/tail")
_ENDLESS: Final = (b"x-request-timeout-seconds", b"0")  # Serve's word for no deadline
_REFUSED: Final = 1008  # before a WebSocket was accepted, the client sees it as 403


@dataclass(frozen=True, slots=True)
class Limits:
    """What a request may cost: bytes of body, and seconds where the caller sets a deadline."""

    body_bytes: int = 1_000_000
    timeout_s: float = 10.0
    package_bytes: int = 20 * 2**20

    def of_body(self, path: str) -> int:
        """Bytes that a body may have: a package of code is larger than a request."""
        return self.package_bytes if path.startswith(PACKAGES) else self.body_bytes


class Edge:
    """The ASGI application around Serve's own."""

    def __init__(
        self, app: ASGIApp, *, verifier: Verifier, limits: Limits, observe: Observe
    ) -> None:
        self._app = app
        self._verifier = verifier
        self._limits = limits
        self._observe = observe

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif SOCKETS.fullmatch(scope["path"]):
            await self._socket(scope, receive, send)
        else:
            # Nothing else speaks WebSocket; closing before accepting is answered as 403.
            await send({"type": "websocket.close", "code": _REFUSED})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = perf_counter()
        head = read_head(scope["headers"])
        context = RequestContext(head.request_id)
        scope[KEY] = context
        # In place of the client's: behind this line there are no credentials, and none of the headers
        # by which Serve is steered.
        scope["headers"] = head.kept
        answer = Answer(send, path=scope["path"], request_id=head.request_id)
        try:
            await self._route(scope, receive, answer, head)
        finally:
            # Told also where the client has left or the task is cancelled: an answer that nobody waited
            # for is what a saturated server looks like.
            spent = perf_counter() - started
            self._observe(Observation.of(scope["method"], context, answer.status, spent))

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A WebSocket of somebody whose token holds; what it may do is the application's to say."""
        started = perf_counter()
        head = read_head(scope["headers"])
        scope[KEY] = context = RequestContext(
            head.request_id, endpoint="/api/jobs/{name}/logs/tail"
        )
        status = HTTPStatus.FORBIDDEN

        async def note(message: Message) -> None:
            nonlocal status
            if message["type"] == "websocket.accept":
                status = HTTPStatus.SWITCHING_PROTOCOLS
            await send(message)

        try:
            context.identity = self._verifier.verify(head.bearer())
            bind_request(correlation_id=head.request_id, user_id=context.identity.subject)
            scope["headers"] = [*head.kept, _ENDLESS]
            await self._app(scope, receive, note)
        except TriiError as error:
            await send({"type": "websocket.close", "code": _REFUSED, "reason": str(error)[:120]})
        finally:
            spent = perf_counter() - started
            self._observe(Observation.of("GET", context, status, spent))

    async def _route(
        self, scope: Scope, receive: Receive, answer: Answer, head: RequestHead
    ) -> None:
        path = scope["path"]
        try:
            if path == LIVE:
                await _say(answer, b"ok", scope)
            # Before any check of identity: whoever decides where traffic goes has no token.
            elif path == READY:
                await self._check_ready(scope, receive)
                await _say(answer, b"ready", scope)
            else:
                if path in OPEN_PATHS:
                    scope[KEY].endpoint = path
                self._admit(scope, head)
                if path.startswith(STREAMS):
                    # A copy: what stands behind changes the scope in place, and this is asked for
                    # as long as the stream lasts.
                    scope[KEY].is_leaving = partial(self._is_leaving, {**scope}, receive)
                if head.has_body:
                    limit = self._limits.of_body(path)
                    receive = LimitedBody(receive, limit=limit, answer=answer).receive
                await self._pass_on(scope, receive, answer)
        # The edge's own, from before anything was sent.
        except TriiError as error:
            await answer.problem(problems.from_error(error))

    def _admit(self, scope: Scope, head: RequestHead) -> None:
        """Who asks, by when, with how much: raises where the answer is no."""
        path = scope["path"]
        if path not in OPEN_PATHS and not path.startswith(OPEN_PREFIX):
            identity = self._verifier.verify(head.bearer())
            scope[KEY].identity = identity
            bind_request(correlation_id=head.request_id, user_id=identity.subject)
        timeout_s = head.timeout_s(maximum=self._limits.timeout_s)
        if timeout_s is None and path.startswith(STREAMS):
            timeout_s = 0.0  # Serve's word for none: a stream ends by itself
        # `kept` is the scope's own list by now. Three digits: the shortest deadline, one
        # millisecond, must not be rounded to 0, which is Serve's word for none.
        if timeout_s is not None:
            head.kept.append((b"x-request-timeout-seconds", b"%.3f" % timeout_s))
        # After identity, so that a stranger learns nothing of the limits.
        check_claim(head.content_length, limit=self._limits.of_body(path))

    async def _pass_on(self, scope: Scope, receive: Receive, answer: Answer) -> None:
        """Call what is behind. Nobody outside sees an exception, unless the answer had begun."""
        if scope["method"] == "HEAD":
            # Answered as GET; the server keeps its own scope and leaves the body out.
            scope = {**scope, "method": "GET"}
        try:
            await self._app(scope, receive, answer.send)
        except asyncio.CancelledError:
            # Serve raises it by itself after a deadline that it has already answered.
            # A cancellation that somebody asked for counts in `cancelling`; Serve's own does not.
            task = asyncio.current_task()
            if not answer.finished or (task is not None and task.cancelling()):
                raise
        except Exception:
            get_logger().exception("request failed", correlation_id=scope[KEY].request_id)
            # The server then breaks the connection: half an answer must not pass for a whole one.
            if answer.started and not answer.finished:
                raise
        # Also where the body went over its limit: the application took the client for gone and said
        # nothing.
        if not answer.started:
            await answer.problem(answer.replacement or problems.internal())

    async def _is_leaving(self, scope: Scope, receive: Receive) -> bool:
        try:
            await self._check_ready(scope, receive)
        except Overloaded:
            return True
        return False

    async def _check_ready(self, scope: Scope, receive: Receive) -> None:
        """Serve's own word on this process. Raises Overloaded where it drains or fails its check."""
        status = 0

        async def note(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)

        inner = {**scope, "path": SERVE_HEALTH, "raw_path": SERVE_HEALTH.encode()}
        await self._app(inner, receive, note)
        if status != 200:
            raise Overloaded("this server takes no requests now: try again later")


async def _say(answer: Answer, word: bytes, scope: Scope) -> None:
    scope[KEY].endpoint = scope["path"]
    body = b'{"status":"%s"}' % word
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await answer.send({"type": "http.response.start", "status": 200, "headers": headers})
    await answer.send({"type": "http.response.body", "body": body})
