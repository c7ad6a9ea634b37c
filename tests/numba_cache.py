"""One cache of compiled kernels for the whole run: tests, commands, jobs and replicas share it."""

import os
from pathlib import Path

from cluster.runtime_env import as_environment, static_variables

CACHE = Path(__file__).parents[1] / "build/numba"


def share() -> None:
    """Compile as the platform does, into one folder. Numba reads this when it is imported."""
    os.environ["NUMBA_CPU_NAME"] = as_environment(static_variables())["NUMBA_CPU_NAME"]
    os.environ["NUMBA_CACHE_DIR"] = str(CACHE)


def share_with(home: Path) -> None:
    """Let the platform at ``home`` find its kernels there as well."""
    CACHE.mkdir(parents=True, exist_ok=True)
    (home / "numba").symlink_to(CACHE)
