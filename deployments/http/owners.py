"""Whose things a caller sees and may change: their own; operators see all, admins change all."""

from cluster.security.tokens import Identity

_SEES_ALL = "cluster:read"
_CHANGES_ALL = "cluster:admin"


def sees_all(identity: Identity) -> bool:
    """Whether the caller sees what others own, as operators and admins do."""
    return _SEES_ALL in identity.scopes


def may_see(identity: Identity, owner: str) -> bool:
    """Whether the caller may know that a thing of `owner` exists."""
    return owner == identity.subject or sees_all(identity)


def may_change(identity: Identity, owner: str) -> bool:
    """Whether the caller may change a thing of `owner`."""
    return owner == identity.subject or _CHANGES_ALL in identity.scopes
