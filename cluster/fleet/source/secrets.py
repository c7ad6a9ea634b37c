"""Which secrets a node needs, by what it is: a node of a pool holds those and no other."""

from collections.abc import Collection, Mapping
from typing import Final

_ALL: Final = ("ray_auth_token", "ray_tls_key")
_DATA: Final = ("s3_access_key", "s3_secret_key")
# A sweep of the platform's own registers versions, which a job's token may not; code of anybody's
# runs beside it, and could read both: one trust domain (docs/security.md).
_JOBS: Final = (*_DATA, "postgres_jobs_password", "mlflow_token", "mlflow_jobs_token")
NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    # Ray's dashboard tries the edge of each configuration that it is handed, and the edge checks tokens.
    "head": (*_ALL, "gcs_redis_password", "token_public"),
    "serve": (
        *(*_ALL, *_DATA, "postgres_serve_password", "redis_password", "mlflow_token"),
        # The queue gives each job a token of its own.
        *("token_public", "token_private", "notify_channels"),
    ),
    "batch": (*_ALL, *_JOBS, "alpaca_api_key", "alpaca_api_secret"),
    "gpu": (*_ALL, *_JOBS),
    "gpu-spot": (*_ALL, *_JOBS),
}


def needed(role: str, held: Collection[str]) -> list[str]:
    """Those of `held` that the head, or a node of this pool, needs; certificates are for all."""
    return sorted(name for name in held if name in NEEDED[role] or name.endswith("_crt"))


def variable(role: str) -> str:
    """The variable that tells a node of this pool, or the head, which ones it is to fetch."""
    return f"TRII_SECRETS_OF_{role.upper().replace('-', '_')}"
