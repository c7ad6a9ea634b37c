"""`trii token` and `trii env`: what a person needs to talk to the platform."""

import shlex

import click

from cluster.cli.output import json_option, print_json
from cluster.clock import utc_now
from cluster.errors import BadInput
from cluster.laptop import state as states
from cluster.settings import Settings, keep_loopback_direct, load_settings


def running_settings() -> Settings:
    """The settings of the platform here. Raises BadInput when none was ever started."""
    keep_loopback_direct()
    settings = load_settings()
    if states.load(settings.home) is None:
        raise BadInput(f"there is no platform at {settings.home}; start one with `trii up`")
    return settings


@click.command()
@click.option("--role", default="viewer", show_default=True, help="The role, a bundle of scopes.")
@click.option("--subject", default="local", show_default=True, help="Whom the token stands for.")
@click.option("--ttl", "ttl_s", type=click.IntRange(1, 30 * 86400), help="Life in seconds.")
@json_option
def token(role: str, subject: str, ttl_s: int | None, as_json: bool) -> None:  # noqa: FBT001
    """Print a bearer token."""
    from cluster.security.local import issue_local  # noqa: PLC0415 - cryptography is slow to load

    settings = running_settings()
    ttl_s = ttl_s or settings.token_ttl_s
    text = issue_local(settings, role=role, subject=subject, ttl_s=ttl_s, clock=utc_now)
    if as_json:
        print_json({"token": text, "role": role, "subject": subject, "expires_in_s": ttl_s})
    else:
        click.echo(text)


@click.command()
@json_option
def env(as_json: bool) -> None:  # noqa: FBT001
    """Print variables that lead plain Ray and MLflow commands here: eval "$(trii env)".

    The output holds the platform's tokens.
    """
    variables = environment(running_settings())
    if as_json:
        print_json(variables)
        return
    for name, value in variables.items():
        click.echo(f"export {name}={shlex.quote(value)}")


def environment(settings: Settings) -> dict[str, str]:
    """Addresses and tokens for Ray's and MLflow's own programs."""
    from cluster.runtime_env import LOOPBACK, as_environment, driver_variables  # noqa: PLC0415

    return {
        "TRII_HOME": str(settings.home),
        "RAY_ADDRESS": settings.ray_address,
        "RAY_API_SERVER_ADDRESS": settings.dashboard_url,
        "RAY_AUTH_TOKEN_PATH": str(settings.secrets_path / "trii_ray_auth_token"),
        "MLFLOW_TRACKING_URI": settings.mlflow_url,
        **settings.mlflow_variables(),
        **as_environment((*driver_variables(), LOOPBACK)),
    }
