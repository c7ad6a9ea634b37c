"""The request's headers, read and rewritten in one pass: this is on the path of every request.

Headers by which Serve is steered are taken away from clients; those that matter to us are parsed
here, once. What goes on to the application holds no credentials.
"""

import re
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

from cluster.errors import BadInput, Fault, Unauthenticated

Headers = list[tuple[bytes, bytes]]

# Nothing in it needs escaping, in a header, a log line or JSON: the fast lane of `quotes` writes it
# into its answer as it is.
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_MILLISECONDS = re.compile(rb"[0-9]{1,9}")

_AUTHORIZATION: Final = b"authorization"
_CONTENT_LENGTH: Final = b"content-length"
_TIMEOUT: Final = b"x-request-timeout-ms"
_ID: Final = b"x-request-id"
_ENCODING: Final = b"transfer-encoding"

# Serve reads these; some it decodes without care, and a timeout of 0 would switch timeouts off.
# It treats "-" and "_" alike in the last two.
_SERVES_OWN: Final = frozenset(
    {
        b"x-request-timeout-seconds",
        b"x-request-disconnect-disabled",
        b"serve_multiplexed_model_id",
        b"serve-multiplexed-model-id",
        b"x-session-id",
        b"x_session_id",
    }
)
_OURS: Final = frozenset({_AUTHORIZATION, _TIMEOUT, _ID}) | _SERVES_OWN


@dataclass(slots=True)
class RequestHead:
    """`kept` goes on to the application; the rest is for the edge. Checked when asked for."""

    request_id: str
    kept: Headers
    has_body: bool
    content_length: bytes
    credentials: list[bytes]
    timeouts: list[bytes]

    def bearer(self) -> str:
        """The bearer token. Raises Unauthenticated where there is none, or more than one."""
        if not self.credentials:
            raise Unauthenticated("a bearer token is needed")
        scheme, _, token = self.credentials[0].partition(b" ")
        if len(self.credentials) > 1 or scheme.lower() != b"bearer" or not token:
            raise Unauthenticated("one `Authorization: Bearer` header is needed")
        # No bytes fail to decode as latin-1: a token that is none is refused by who checks it, with
        # a 401.
        return token.strip().decode("latin-1")

    def timeout_s(self, *, maximum: float) -> float | None:
        """The caller's deadline, at most `maximum`; None where it gave none."""
        if not self.timeouts:
            return None
        milliseconds = self.timeouts[0]
        if len(self.timeouts) > 1 or not _MILLISECONDS.fullmatch(milliseconds):
            raise _bad_timeout()
        # To Serve 0 means no limit at all.
        if int(milliseconds) == 0:
            raise _bad_timeout()
        return min(int(milliseconds) / 1000, maximum)


def read_head(headers: Headers) -> RequestHead:
    """Parse what the edge needs; an id that the client chose badly is replaced, not refused."""
    ids: list[bytes] = []
    head = RequestHead("", [], False, b"", [], [])  # noqa: FBT003 -- positional for speed
    for name, value in headers:
        # Names come in lower case, as ASGI has it.
        if name not in _OURS:
            head.kept.append((name, value))
            # A request with neither of the two has no body (RFC 9112, 6.3), and most have none:
            # they are spared the counting.
            if name == _CONTENT_LENGTH:
                head.content_length = value
                head.has_body = value != b"0"
            elif name == _ENCODING:
                head.has_body = True
        elif name == _AUTHORIZATION:
            head.credentials.append(value)
        elif name == _ID:
            ids.append(value)
        elif name == _TIMEOUT:
            head.timeouts.append(value)
    chosen = len(ids) == 1 and _REQUEST_ID.fullmatch(ids[0])
    identifier = ids[0] if chosen else str(uuid4()).encode()
    head.kept.append((_ID, identifier))
    head.request_id = identifier.decode()
    return head


def _bad_timeout() -> BadInput:
    message = "expected milliseconds, a whole number from 1 to 999999999"
    return BadInput(
        f"X-Request-Timeout-Ms: {message}",
        faults=[Fault("header.X-Request-Timeout-Ms", message, "digits")],
    )
