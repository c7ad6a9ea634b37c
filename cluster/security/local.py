"""Tokens from the platform's own signing key, for whoever may read its file."""

from cluster.clock import Clock, utc_now
from cluster.security.keys import load_signing
from cluster.security.scopes import OF_JOBS
from cluster.security.tokens import issue, issue_with
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


def issue_for_job(settings: Settings, user: str, *, clock: Clock = utc_now) -> str | None:
    """The token of a job's own code, in its user's name; None where there is no key to sign it."""
    path = settings.token_private_key_path
    if not path.exists():
        return None
    return issue_with(
        OF_JOBS,
        user,
        key=load_signing(path),
        issuer=settings.token_issuer,
        audience=settings.token_audience,
        ttl_s=settings.token_of_jobs_ttl_s,
        clock=clock,
    )
