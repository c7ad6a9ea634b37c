"""The source of a strategy, from its files or from a notebook's cells, as one hash."""

import dis
import hashlib
import inspect
import pickle
import secrets
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from cluster.own_code.files import PLATFORM, Code, code_of
from cluster.own_code.sources import source_hash
from market.strategies import Strategy

_INSTALLED = [Path(sysconfig.get_path(name)) for name in ("stdlib", "purelib", "platlib")]


def hash_of_source(kind: type[Strategy]) -> str:
    """That of its file with what it imports from its folder, as a job has it.

    Of a notebook's class: of what it holds, of its bases, and of the functions, classes and values
    of the notebook that its rule names. Random where lines can't be read.
    """
    try:
        if kind.__module__ != "__main__":
            return source_hash(kind, _code(kind.__module__))
        return hashlib.sha256(b"\0".join(_parts(kind, set()))).hexdigest()
    except Exception:  # noqa: BLE001  # a user's values may fail to be pickled in any way
        # Lines that nobody can read again are never taken for others.
        return secrets.token_hex(32)


def _code(module: str) -> Code | None:
    """The files of a module of one's own; None of one that is installed."""
    file = getattr(sys.modules.get(module), "__file__", None)
    if file is None or module.partition(".")[0] in PLATFORM:
        return None
    path = Path(file).resolve()
    if any(folder in path.parents for folder in _INSTALLED):
        return None
    *folders, last = module.split(".")
    depth = (
        len(folders) + (path.name == "__init__.py") if last in (path.stem, path.parent.name) else 0
    )
    return code_of(path, path.parents[depth])


def _parts(given: Any, seen: set[int]) -> Iterator[bytes]:
    """What decides what a thing of a notebook does."""
    value = _bare(given)
    if isinstance(value, ModuleType):
        yield _of_module(value.__name__)
    elif not isinstance(value, FunctionType | type):
        yield pickle.dumps(value)
    elif value.__module__ != "__main__":
        yield f"{value.__module__}.{value.__qualname__}".encode()
        yield _of_module(value.__module__)
    elif id(value) not in seen:
        seen.add(id(value))
        yield from _of_class(value, seen) if isinstance(value, type) else _of_function(value, seen)


def _bare(value: Any) -> Any:
    """A function without what is wrapped around it."""
    if isinstance(value, property):
        return value.fget
    value = getattr(value, "__func__", value)
    # numba keeps what it compiled.
    return inspect.unwrap(getattr(value, "py_func", value))


def _of_module(name: str) -> bytes:
    code = _code(name)
    return code.sha256.encode() if code else b""


def _of_class(kind: type, seen: set[int]) -> Iterator[bytes]:
    for name, value in vars(kind).items():
        if not name.startswith("__") or isinstance(value, FunctionType):
            yield name.encode()
            yield from _parts(value, seen)
    for base in kind.__bases__:
        yield from _parts(base, seen)


def _of_function(function: FunctionType, seen: set[int]) -> Iterator[bytes]:
    yield inspect.getsource(function).encode()
    yield pickle.dumps((function.__defaults__, function.__kwdefaults__))
    for name in sorted(_globals(function.__code__)):
        if name in function.__globals__:
            yield name.encode()
            yield from _parts(function.__globals__[name], seen)


def _globals(code: CodeType) -> set[str]:
    """The global names that code reads, that of functions within it too."""
    found = {
        str(step.argval) for step in dis.get_instructions(code) if step.opname == "LOAD_GLOBAL"
    }
    inner = (_globals(constant) for constant in code.co_consts if isinstance(constant, CodeType))
    return found.union(*inner)
