"""Which code made a result."""

import hashlib
import platform
from functools import cache
from importlib import metadata
from pathlib import Path

import market


@cache
def code_version() -> dict[str, str]:
    """Versions of what decides the numbers, and a hash over the sources of `market`.

    The hash changes with every edit of the library, released or not: a result is only reused by
    the code that made it.
    """
    versions = {name: metadata.version(name) for name in ("numpy", "numba", "pyarrow")}
    return {"market": _sources(), **versions, "python": platform.python_version()}


def _sources() -> str:
    root = Path(market.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(f"{path.relative_to(root).as_posix()}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
