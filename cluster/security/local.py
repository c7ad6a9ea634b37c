"""Tokens from the platform's own signing key, for whoever may read its file."""

from cluster.clock import Clock
from cluster.security.keys import load_signing
from cluster.security.tokens import issue
from cluster.settings import Settings


def issue_local(
    settings: Settings,
    *,
    role: str,
    clock: Clock,
    subject: str = "local",
    ttl_s: int | None = None,
) -> str:
    """A bearer token for `subject` with the scopes of `role`. Raises BadInput for unknown roles."""
    return issue(
        subject,
        role,
        key=load_signing(settings.token_private_key_path),
        issuer=settings.token_issuer,
        audience=settings.token_audience,
        ttl_s=ttl_s or settings.token_ttl_s,
        clock=clock,
    )
