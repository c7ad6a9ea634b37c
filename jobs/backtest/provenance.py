"""Which code made a result."""

import hashlib
import platform
from functools import cache
from importlib import metadata
from pathlib import Path

import cluster
import jobs
import market

_LIBRARIES = ("numpy", "numba", "pyarrow")
_OURS = {
    "market": Path(market.__path__[0]),
    "jobs.backtest": Path(jobs.__path__[0]) / "backtest",
    # By its folder: importing the lake takes longer than all else here.
    "cluster.stores.lake": Path(cluster.__path__[0]) / "stores/lake",
}


@cache
def code_version() -> dict[str, str]:
    """Versions of what decides the numbers, and hashes over the sources of our own part in it.

    A hash changes with every edit, released or not: a result is only reused by the code that made
    it.
    """
    versions = {name: metadata.version(name) for name in _LIBRARIES}
    ours = {name: _sources(root) for name, root in _OURS.items()}
    return {**ours, **versions, "python": platform.python_version()}


def _sources(root: Path) -> str:
    digest = hashlib.sha256()
    # The calendars are tables beside the code.
    for path in sorted([*root.rglob("*.py"), *root.rglob("*.npz")]):
        # The name too: a file that moves changes what is imported.
        digest.update(f"{path.relative_to(root).as_posix()}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
