"""What the edge knows about a request, handed to the application inside the ASGI scope.

It is never taken from a header: a scope without it belongs to a request that passed no edge, and
such a request has no identity.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Self

from starlette.requests import HTTPConnection
from starlette.types import Scope

from cluster.security.tokens import Identity

KEY = "trii"


@dataclass(slots=True)
class RequestContext:
    """`endpoint` is the route's template, written by whoever answers, for the metrics.

    `is_leaving` tells a stream whether this process is about to go away; None where nobody knows.
    """

    request_id: str
    identity: Identity | None = None
    endpoint: str | None = None
    is_leaving: Callable[[], Awaitable[bool]] | None = None

    def __reduce__(self) -> tuple[type[Self], tuple[str, Identity | None, str | None]]:
        """Serve's fallback proxy sends it to another process, for which `is_leaving` says nothing."""
        return type(self), (self.request_id, self.identity, self.endpoint)


def context_of(scope: Scope) -> RequestContext:
    """The request's context; an empty one where no edge stood before the application."""
    found = scope.get(KEY)
    if isinstance(found, RequestContext):
        return found
    empty = RequestContext(request_id="")
    scope[KEY] = empty
    return empty


def request_id(connection: HTTPConnection) -> str:
    """The id that the answer carries in `X-Request-Id`."""
    return context_of(connection.scope).request_id
