"""The answer on its way out: request id on it, Serve's plain texts rewritten, headers made safe."""

import re
from http import HTTPStatus
from typing import Any, Final

from starlette.types import Message, Send

from cluster.errors import DeadlineExceeded, Overloaded
from deployments.http import problems
from deployments.http.problems import Problem

# Of the control characters a tab alone may stand in a header (RFC 9110, 5.5).
_UNSAFE: Final = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_OWN: Final = frozenset({b"x-request-id", b"x-content-type-options"})
_NOSNIFF: Final = (b"x-content-type-options", b"nosniff")


class Answer:
    """Wraps `send` for one request.

    `status` is what the client sees; `finished` says that the last byte was handed over. An
    error of Serve (plain text) is replaced by a problem; everything else passes untouched.
    """

    __slots__ = ("_path", "_request_id", "_send", "finished", "replacement", "started", "status")

    def __init__(self, send: Send, *, path: str, request_id: str) -> None:
        self._send = send
        self._path = path
        self._request_id = request_id
        self.replacement: Problem | None = None
        self.status = 0
        self.started = False
        self.finished = False

    async def send(self, message: Message) -> None:
        """The `send` that is given to the application."""
        if message["type"] == "http.response.start":
            await self._start(message)
        elif message["type"] == "http.response.body":
            await self._body(message)
        else:
            await self._send(message)

    async def problem(self, problem: Problem) -> None:
        """Answer with a problem. Nothing may have been sent before."""
        body = problem.body(path=self._path, request_id=self._request_id)
        own = {"content-type": problems.MEDIA_TYPE, "content-length": str(len(body))}
        headers = [(k.encode(), v.encode("latin-1")) for k, v in (problem.headers | own).items()]
        await self._begin({"status": problem.status, "headers": headers})
        await self._end({"type": "http.response.body", "body": body})

    def replace_by(self, problem: Problem) -> None:
        """Whatever the application answers from here on, the client gets this problem."""
        if not self.started:
            self.replacement = problem

    async def _start(self, message: Message) -> None:
        # Held back until the body has ended: a problem has a length and a body of its own.
        if self.replacement is None and message["status"] >= HTTPStatus.BAD_REQUEST:
            self.replacement = _of_serve(message)
        if self.replacement is None:
            await self._begin(message)

    async def _body(self, message: Message) -> None:
        if self.replacement is None:
            await self._end(message)
        elif not message.get("more_body", False) and not self.started:
            await self.problem(self.replacement)

    async def _begin(self, message: Message) -> None:
        self.started = True
        self.status = message["status"]
        # Filtered here and not where they are set: no application can let a client's bytes split the
        # answer, and there is one request id on it whoever answered.
        headers = [h for h in message.get("headers", ()) if _may_leave(h)]
        headers += ((b"x-request-id", self._request_id.encode()), _NOSNIFF)
        await self._send({**message, "type": "http.response.start", "headers": headers})

    async def _end(self, message: Message) -> None:
        self.finished = not message.get("more_body", False)
        await self._send(message)


def _may_leave(header: tuple[bytes, bytes]) -> bool:
    """Whether a header may go out: no control characters in it, and not one that the edge sets."""
    name, value = header
    return name.lower() not in _OWN and not _UNSAFE.search(value)


def _of_serve(start: Message) -> Problem | None:
    """The problem in place of an error that Serve (or a bare server) wrote as plain text."""
    headers: dict[bytes, Any] = {bytes(name).lower(): value for name, value in start["headers"]}
    # Problems, files and pages are the application's own. An error without a type is a bare
    # server's.
    if not bytes(headers.get(b"content-type", b"text/plain")).startswith(b"text/plain"):
        return None
    status = start["status"]
    if status == HTTPStatus.REQUEST_TIMEOUT:
        return _deadline_exceeded()
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        return _overloaded(bytes(headers.get(b"retry-after", b"1")))
    return problems.from_status(status)


def _deadline_exceeded() -> Problem:
    """Serve's 408: the request's time is over."""
    return problems.from_error(DeadlineExceeded("the answer was not ready before the deadline"))


def _overloaded(retry_after: bytes) -> Problem:
    """Serve's 429 or 503: the queue of the application is full, or no replica of it is up."""
    # It may also be a date (RFC 9110, 10.2.3).
    wait = int(retry_after) if retry_after.isdigit() else 1
    error = Overloaded("more requests than can be served now: try again later", retry_after_s=wait)
    return problems.from_error(error)
