"""Scopes, and the roles that bundle them.

Each role holds what the one before it holds and adds its own; `admin` holds every scope.
"""

from typing import Final, Literal, get_args

from cluster.errors import BadInput

Role = Literal["viewer", "analyst", "scientist", "operator", "admin"]

_VIEWER = frozenset({"quotes:read", "analysis:read", "predictions:read"})
_ANALYST = _VIEWER | {"portfolios:write", "alerts:write"}
_SCIENTIST = _ANALYST | {"jobs:write", "trials:write", "backtests:read", "models:read"}
_OPERATOR = _SCIENTIST | {"models:promote", "rollouts:write", "cluster:read", "audit:read"}

SCOPES: Final[frozenset[str]] = _OPERATOR | {"cluster:admin"}

ROLES: Final[dict[Role, frozenset[str]]] = {
    "viewer": _VIEWER,
    "analyst": _ANALYST,
    "scientist": _SCIENTIST,
    "operator": _OPERATOR,
    "admin": SCOPES,
}

OF_JOBS: Final[frozenset[str]] = _VIEWER | {"backtests:read", "models:read", "trials:write"}
"""What the token of a job's own code may: read, and tell what was tried."""


def role_with(scope: str) -> Role:
    """The least role that holds a scope of SCOPES."""
    return next(role for role, scopes in ROLES.items() if scope in scopes)


def scopes_of(role: str) -> frozenset[str]:
    """The scopes that a role bundles. Raises BadInput that names the known roles."""
    for known in get_args(Role):
        if role == known:
            return ROLES[known]
    raise BadInput(f"role={role!r}: expected one of {', '.join(ROLES)}")
