"""Who may call a route, by the scope it needs, and whose things a caller sees and may change.

Their own; operators see all, admins change all.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from starlette.requests import HTTPConnection

from cluster.errors import Forbidden, Unauthenticated
from cluster.security.scopes import SCOPES, role_with
from cluster.security.tokens import Identity
from deployments.http.context import context_of

# The attribute by which the OpenAPI document finds the scope that a dependency asks for.
SCOPE_ATTRIBUTE: Final = "required_scope"

_SEES_ALL: Final = "cluster:read"
_CHANGES_ALL: Final = "cluster:admin"


def require(scope: str) -> Callable[[HTTPConnection], Awaitable[Identity]]:
    """A dependency that gives the caller's identity where it holds `scope`, else 401 or 403."""
    if scope not in SCOPES:
        raise ValueError(f"scope={scope!r}: expected one of {', '.join(sorted(SCOPES))}")

    # Asynchronous, because FastAPI sends plain functions to a thread pool.
    async def identity(request: HTTPConnection) -> Identity:
        found = context_of(request.scope).identity
        if found is None:
            raise Unauthenticated("a bearer token is needed")
        if scope not in found.scopes:
            role = role_with(scope)
            raise Forbidden(
                f"the token lacks the scope {scope}: the role {role} has it "
                f"(`trii token --role {role}`)"
            )
        return found

    setattr(identity, SCOPE_ATTRIBUTE, scope)
    return identity


def sees_all(identity: Identity) -> bool:
    """Whether the caller sees what others own, as operators and admins do."""
    return _SEES_ALL in identity.scopes


def may_see(identity: Identity, owner: str) -> bool:
    """Whether the caller may know that a thing of `owner` exists."""
    return owner == identity.subject or sees_all(identity)


def may_change(identity: Identity, owner: str) -> bool:
    """Whether the caller may change a thing of `owner`."""
    return owner == identity.subject or _CHANGES_ALL in identity.scopes
