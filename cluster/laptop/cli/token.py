"""`trii token`: a bearer token for the HTTP API."""

import click

from cluster.cli.output import json_option, print_json
from cluster.clock import utc_now
from cluster.laptop import identity
from cluster.security.local import issue_local


@click.command()
@click.option(
    "--role", default="viewer", show_default=True, help="What it allows: a role is a set of scopes."
)
@click.option("--subject", default="local", show_default=True, help="Whom the token stands for.")
@click.option(
    "--ttl", "ttl_s", type=click.IntRange(1, 30 * 86400), help="How long it is valid, in seconds."
)
@json_option
def token(*, role: str, subject: str, ttl_s: int | None, as_json: bool) -> None:
    """Print a bearer token for a role."""
    settings = identity.running_settings()
    ttl_s = ttl_s or settings.token_ttl_s
    text = issue_local(settings, role=role, subject=subject, ttl_s=ttl_s, clock=utc_now)
    if as_json:
        print_json({"token": text, "role": role, "subject": subject, "expires_in_s": ttl_s})
    else:
        click.echo(text)
