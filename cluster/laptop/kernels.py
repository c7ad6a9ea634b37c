"""The platform's compiled kernels: made once for the code that stands, beside the steps of `trii up`.

`python -m cluster.laptop.kernels` compiles into the folder that numba is told of, as
`trii kernels build` does.
"""

import fcntl
import hashlib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path

import market
from cluster.environment import kernels_of, kernels_told
from cluster.errors import PlatformError
from cluster.laptop import processes
from cluster.laptop import state as states
from cluster.laptop.context import Platform
from cluster.laptop.steps import Report
from cluster.runtime_env import as_environment, static_variables
from cluster.settings import Settings

_MARK = "built"
_COMMAND = (sys.executable, "-m", "cluster.laptop.kernels")
_BEHIND = 5  # niceness: what people wait for goes first


def begin(settings: Settings, report: Report) -> str:  # noqa: ARG001  # a step's signature
    """Begin to compile in a process of its own, unless all of it is there; the step returns at once."""
    if is_built(kernels_of(settings.home)):
        return "all there"
    processes.spawn(
        ("nice", "-n", str(_BEHIND), *_COMMAND),
        environment=_environment(settings),
        log=settings.logs_path / "kernels.log",
    )
    return "compiled beside the rest"


def finish(settings: Settings, report: Report) -> str:
    """Wait until they are compiled; where that has failed or was ended, do it now."""
    folder = kernels_of(settings.home)
    if not is_built(folder):
        report("compiling; see logs/kernels.log")
        done = subprocess.run(  # noqa: S603 - our own command, no shell
            _COMMAND, env=_environment(settings), capture_output=True, text=True, check=False
        )
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no word of it"])[-1]
            raise PlatformError(f"kernels could not be compiled: {last[:300]}")
    return f"ready in {folder}"


def build(folder: Path, report: Report) -> int:
    """Compile what is not there; how many kernels were. One process at a time, others wait for it.

    Into the folder that numba was told of when it was imported (`NUMBA_CACHE_DIR`), which this is.
    """
    from market.precompiled import precompile  # noqa: PLC0415  # numba, which `up` does without

    with _alone(folder):
        if is_built(folder):
            return 0
        before = _count(folder)
        for what in precompile():
            report(what)
        (folder / _MARK).write_text(_version())
        return _count(folder) - before


def is_built(folder: Path) -> bool:
    """Whether all of them are there, for this code, this Python and this numba."""
    try:
        return (folder / _MARK).read_text() == _version()
    except FileNotFoundError:
        return False


def _version() -> str:
    """What decides whether numba takes what it finds: as its own cache looks at it."""
    root = Path(market.__path__[0])
    files = (
        f"{path.relative_to(root)} {stat.st_mtime_ns} {stat.st_size}"
        for path in sorted(root.rglob("*.py"))
        if (stat := path.stat())
    )
    own = (sys.version, metadata.version("numba"), metadata.version("llvmlite"))
    return hashlib.sha256("\n".join((*own, *files)).encode()).hexdigest()


def _count(folder: Path) -> int:
    return sum(1 for _ in folder.rglob("*.nbc"))


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    # Held by the open file: gone with the process, however that ends.
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _environment(settings: Settings) -> dict[str, str]:
    state = states.load(settings.home)
    if state is None:
        raise PlatformError(f"there is no platform at {settings.home}; start one with `trii up`")
    # As the node's own processes have it, so that they find what is compiled here.
    variables = as_environment(static_variables())
    return Platform(settings, state).environment("kernels") | {
        "NUMBA_CPU_NAME": variables["NUMBA_CPU_NAME"],
        "NUMBA_CACHE_DIR": str(kernels_of(settings.home)),
    }


def main() -> None:
    folder = kernels_told()
    if folder is None:
        sys.exit("NUMBA_CACHE_DIR: expected a folder for what is compiled")
    build(folder, lambda what: print(what, flush=True))  # noqa: T201  # its log


if __name__ == "__main__":
    main()
