"""The platform's secrets: made once, one file each, mode 0600, never printed or logged."""

import secrets
from pathlib import Path

from cluster.laptop.state import write_private

NAMES = (
    "trii_postgres_owner_password",
    "trii_postgres_serve_password",
    "trii_postgres_jobs_password",
    "trii_postgres_mlflow_password",
    "trii_redis_password",
    "trii_mlflow_token",
    "trii_mlflow_jobs_token",
    "trii_ray_auth_token",
)


def ensure(folder: Path) -> None:
    """Make what is missing; what exists stays as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    # Also a folder that was there before, whatever its mode.
    folder.chmod(0o700)
    for name in NAMES:
        path = folder / name
        if not path.exists():
            write_private(path, secrets.token_hex(24))
