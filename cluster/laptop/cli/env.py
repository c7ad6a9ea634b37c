"""`trii env`: what leads Ray's and MLflow's own programs to the platform."""

import shlex

import click

from cluster.cli.output import json_option, print_json
from cluster.laptop import identity
from cluster.runtime_env import LOOPBACK, as_environment, driver_variables
from cluster.settings import Settings


@click.command()
@json_option
def env(*, as_json: bool) -> None:
    """Print variables that lead plain Ray and MLflow commands here: eval "$(trii env)".

    The output holds the platform's tokens.
    """
    variables = _environment(identity.running_settings())
    if as_json:
        print_json(variables)
        return
    for name, value in variables.items():
        click.echo(f"export {name}={shlex.quote(value)}")


def _environment(settings: Settings) -> dict[str, str]:
    """Addresses and tokens for Ray's and MLflow's own programs."""
    return {
        "TRII_HOME": str(settings.home),
        "RAY_ADDRESS": settings.ray_address,
        "RAY_API_SERVER_ADDRESS": settings.dashboard_url,
        **_token(settings),
        **settings.s3_variables(),
        **settings.mlflow_variables(),
        **as_environment(
            driver_variables()
            if identity.is_elsewhere(settings)
            else (*driver_variables(), LOOPBACK)
        ),
    }


def _token(settings: Settings) -> dict[str, str]:
    """Where Ray's programs find its token; told itself where it came by the environment."""
    file = settings.secrets_path / "trii_ray_auth_token"
    if file.exists():
        return {"RAY_AUTH_TOKEN_PATH": str(file)}
    return {"RAY_AUTH_TOKEN": settings.ray_auth_token.get_secret_value()}
