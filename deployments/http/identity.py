"""Who may call a route: a dependency that names the scope it needs."""

from collections.abc import Awaitable, Callable
from typing import Final

from fastapi import Request

from cluster.errors import Forbidden, Unauthenticated
from cluster.security.scopes import SCOPES
from cluster.security.tokens import Identity
from deployments.http.context import context_of

# The attribute by which the OpenAPI document finds the scope that a dependency asks for.
SCOPE_ATTRIBUTE: Final = "required_scope"


def require(scope: str) -> Callable[[Request], Awaitable[Identity]]:
    """A dependency that gives the caller's identity where it holds `scope`, else 401 or 403."""
    if scope not in SCOPES:
        raise ValueError(f"scope={scope!r}: expected one of {', '.join(sorted(SCOPES))}")

    # Asynchronous, because FastAPI sends plain functions to a thread pool.
    async def identity(request: Request) -> Identity:
        found = context_of(request.scope).identity
        if found is None:
            raise Unauthenticated("a bearer token is needed")
        if scope not in found.scopes:
            raise Forbidden(f"the token lacks the scope {scope}")
        return found

    setattr(identity, SCOPE_ATTRIBUTE, scope)
    return identity
