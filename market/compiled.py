"""How numeric kernels are compiled: numba without fast math, cached on disk, the GIL released."""

import fcntl
import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar, cast

from numba import njit
from numba.core.caching import FunctionCache, IndexDataCacheFile
from numba.core.compiler_lock import global_compiler_lock

P = ParamSpec("P")
R = TypeVar("R")

# Longer than any kernel takes; a process that was stopped while it compiles holds nobody up for ever.
_PATIENCE = 60.0


def compiled(kernel: Callable[P, R]) -> Callable[P, R]:
    """``numba.njit`` with the project's options; keeps the kernel's types for the checker.

    No fast math: sums keep their order and nothing is contracted, so that the same input gives
    the same bits on every processor. Kernels add in plain loops and never use np.sum or np.dot.
    """
    made: Any = njit(nogil=True)(kernel)
    made._cache = cache = _Cache(kernel)  # noqa: SLF001 -- as njit(cache=True) does with numba's own
    if hasattr(made, "compile"):  # not where NUMBA_DISABLE_JIT leaves the kernel as it is
        made.compile = _alone(made.compile, f"{cache.path}.lock")
    return cast("Callable[P, R]", made)


def _alone(compile_: Callable[[object], object], lock: str) -> Callable[[object], object]:
    """Processes that need a kernel at once compile it once: the others wait, and load what it left."""

    def compile_alone(signature: object) -> object:
        # In numba's own order: its lock between threads is the outer one.
        with global_compiler_lock, _locked(lock):
            return compile_(signature)

    return compile_alone


@contextmanager
def _locked(path: str) -> Iterator[None]:
    try:
        file = open(path, "ab")  # noqa: PTH123, SIM115 -- closed below
    except OSError:  # a cache that can only be read has nothing that others could leave
        yield
        return
    with file:
        until = time.monotonic() + _PATIENCE
        while not _taken(file.fileno()) and time.monotonic() < until:
            time.sleep(0.01)
        yield


def _taken(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class _Cache(FunctionCache):
    """Numba's cache on disk, good for one state of a kernel's file and of all that it imports.

    Numba looks at the file alone: after an update a kernel would go on with the old code of those
    that it calls in other files.
    """

    def __init__(self, kernel: Callable[..., Any]) -> None:
        super().__init__(kernel)  # type: ignore[no-untyped-call]
        own = self._impl.locator.get_source_stamp()
        text = repr((own, _imported(kernel.__globals__, kernel.__module__)))
        self.stamp = hashlib.sha256(text.encode()).hexdigest()
        self._cache_file = _CacheFile(  # type: ignore[no-untyped-call]
            cache_path=self._cache_path,
            filename_base=self._impl.filename_base,
            source_stamp=self.stamp,
        )

    @property
    def path(self) -> str:
        """Where the kernel's files are, without an ending."""
        return f"{self._cache_path}/{self._impl.filename_base}"


class _CacheFile(IndexDataCacheFile):
    """Numba's files of one kernel, each named after the signature that it holds.

    Numba counts them: two processes that compile for different types at once would take the same
    number, and one would then run the machine code of the other's types. Nor does an older process
    that still runs take for its own what a newer source was compiled to.
    """

    def save(self, key: tuple[object, ...], data: object) -> None:
        number = int(hashlib.sha256(repr((self._source_stamp, key)).encode()).hexdigest()[:12], 16)
        name = self._data_name(number)  # type: ignore[no-untyped-call]
        # First, so that the index never names what is not there.
        self._save_data(name, data)  # type: ignore[no-untyped-call]
        # Read anew, with what others have added since. Of two that save at once one may lose its
        # entry: that kernel is compiled once more, and nothing wrong is ever run.
        held = self._load_index()  # type: ignore[no-untyped-call]
        self._save_index({**held, key: name})  # type: ignore[no-untyped-call]


def _imported(names: dict[str, Any], module: str) -> list[tuple[str, object]]:
    """What a module has from elsewhere that may be compiled in: kernels by their stamp, constants."""
    parts: list[tuple[str, object]] = []
    for name, value in sorted(names.items()):
        held = getattr(value, "_cache", None)
        # Kernels of the same file are under its own stamp already.
        if isinstance(held, _Cache) and value.__module__ != module:
            parts.append((name, held.stamp))
        # numba compiles globals in as constants, those that were imported too.
        elif isinstance(value, int | float) and not name.startswith("__"):
            parts.append((name, value))
    return parts
