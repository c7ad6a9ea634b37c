"""A platform that runs elsewhere: what settings must say for a process here to reach all of it."""

from collections.abc import Iterator
from typing import Final

from pydantic import SecretStr

from cluster.errors import BadInput
from cluster.settings import Settings

DATA: Final = ("lake_url", "results_url", "models_url")
SERVICES: Final = ("postgres_host", "redis_host", "mlflow_host", "ray_host", "host")
_SECRETS: Final = (
    *("postgres_serve_password", "postgres_jobs_password"),
    *("mlflow_token", "ray_auth_token"),
)
_TO_DEPLOY: Final = ("postgres_owner_password",)
# Proxies and replicas listen there, on every node: loopback would keep each node to itself.
_DEPLOYED: Final = ("listen_host",)


def variable(name: str) -> str:
    """The variable of a setting, such as TRII_RAY_HOST."""
    return f"TRII_{name.upper()}"


def is_told(settings: Settings) -> bool:
    """Whether settings say where a service is; that of the API alone may be a laptop's too."""
    return any(name in settings.model_fields_set for name in SERVICES if name != "host")


def require(settings: Settings, *, to_deploy: bool = False) -> None:
    """Raises BadInput that names what is missing.

    What is not said is a default of this machine: bars would go into a lake here, and their rows into
    a database elsewhere.
    """
    missing = [variable(name) for name in _missing(settings, to_deploy=to_deploy)]
    if missing:
        raise BadInput(
            f"{', '.join(missing)}: not set; a platform elsewhere is reached by these (docs/cluster.md)"
        )


def _missing(settings: Settings, *, to_deploy: bool) -> Iterator[str]:
    for name in (*SERVICES, *DATA, *(_DEPLOYED if to_deploy else ())):
        if name not in settings.model_fields_set:
            yield name
    for name in (*_SECRETS, *(_TO_DEPLOY if to_deploy else ())):
        held: SecretStr = getattr(settings, name)
        if not held.get_secret_value():
            yield name
