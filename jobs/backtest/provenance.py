"""Which code made a result."""

import hashlib
import inspect
import platform
from functools import cache
from importlib import metadata
from pathlib import Path

import cluster
import jobs
import market
from cluster.own_code.files import Code
from market.strategies import Strategy

_LIBRARIES = ("numpy", "numba", "pyarrow", "exchange_calendars")
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


def source_hash(strategy: type[Strategy], code: Code | None = None) -> str:
    """The SHA-256 of the file that a strategy stands in, as `sha256sum` prints it.

    Of a strategy derived from others, over its own file and theirs. `code` are the files of one's
    own that it was loaded from: with what they import, and as they were read.
    """
    own = [kind for kind in strategy.__mro__ if issubclass(kind, Strategy) and kind is not Strategy]
    files = dict.fromkeys(Path(inspect.getfile(kind)) for kind in own)
    if code is None:
        return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    others = [file for file in files if code.root not in file.parents]
    if not others:
        return code.sha256
    parts = (code.sha256.encode(), *(file.read_bytes() for file in others))
    return hashlib.sha256(b"".join(parts)).hexdigest()


def _sources(root: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        # The name too: a file that moves changes what is imported.
        digest.update(f"{path.relative_to(root).as_posix()}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
