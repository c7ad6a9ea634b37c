"""Every error as `application/problem+json` (RFC 9457). Pure: errors in, bytes out.

A problem never repeats input that was not checked, and is plain ASCII whatever it is given.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import responses as PHRASES  # noqa: N812 -- a constant under a common name
from typing import Any, Final
from urllib.parse import quote

from cluster.errors import BadInput, Fault, Overloaded, TriiError, Unauthenticated, UnknownSymbol

MEDIA_TYPE: Final = "application/problem+json"
MAX_FAULTS: Final = 50

_INTERNAL = "Something failed on our side. The request id names the record of it."
_CODES = {
    400: "bad_request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    409: "conflict",
    413: "too_large",
    415: "unsupported_media_type",
    422: "invalid",
    429: "rate_limited",
    499: "client_closed_request",
    503: "overloaded",
    504: "deadline_exceeded",
}


@dataclass(frozen=True)
class Problem:
    """One error on the wire: its status, what it says, and the headers that belong to it."""

    status: int
    code: str
    title: str
    detail: str
    faults: Sequence[Fault] = ()
    near: Sequence[str] = ()
    headers: dict[str, str] = field(default_factory=dict)

    def body(self, *, path: str, request_id: str) -> bytes:
        """The JSON document; `path` is quoted as a URI reference."""
        document: dict[str, Any] = {
            "type": f"urn:trii:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": quote(path, safe="/:@!$&'()*+,;=~", errors="replace")[:256],
            "code": self.code,
            "request_id": request_id,
            "errors": [
                {"loc": fault.loc[:128], "msg": fault.msg, "type": fault.type}
                for fault in self.faults[:MAX_FAULTS]
            ],
        }
        if self.near:
            document["near"] = list(self.near)
        # Not orjson, which has no ASCII form and stops at lone surrogates: an error must always be
        # told.
        return json.dumps(document, ensure_ascii=True, allow_nan=False).encode("ascii")


def from_error(error: TriiError) -> Problem:
    """The problem of one of our errors. What failed inside stays inside: the log has it."""
    own_fault = error.status == HTTPStatus.INTERNAL_SERVER_ERROR
    return Problem(
        status=error.status,
        code="internal" if own_fault else error.code,
        title="Internal error" if own_fault else error.title,
        detail=_INTERNAL if own_fault else str(error),
        faults=error.faults if isinstance(error, BadInput) and not own_fault else (),
        near=error.near if isinstance(error, UnknownSymbol) else (),
        headers=_headers(error),
    )


def from_status(status: int, *, detail: str = "", headers: dict[str, str] | None = None) -> Problem:
    """The problem of a bare HTTP status, as frameworks raise it."""
    phrase = PHRASES.get(status, "Error")
    code = _CODES.get(status, "internal" if status >= 500 else "bad_request")
    own_fault = code == "internal"
    return Problem(
        status=status,
        code=code,
        title="Internal error" if own_fault else phrase,
        detail=_INTERNAL if own_fault else detail or phrase,
        headers=headers or {},
    )


def internal() -> Problem:
    """The problem of anything unforeseen."""
    return from_status(500)


def _headers(error: TriiError) -> dict[str, str]:
    if isinstance(error, Unauthenticated):
        return {"www-authenticate": 'Bearer realm="trii"'}
    if isinstance(error, Overloaded):
        return {"retry-after": str(error.retry_after_s)}
    return {}
