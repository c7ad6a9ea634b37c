"""Functions of a user's own by MODULE:NAME, and what they print kept out of a document."""

import ctypes
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from importlib import import_module
from pathlib import Path
from typing import Any

from cluster.errors import BadInput


def find_function(target: str) -> Callable[..., Any]:
    """The function that MODULE:NAME means, the current directory looked into first."""
    module_name, _, name = target.partition(":")
    if not name or not all(part.isidentifier() for part in (*module_name.split("."), name)):
        raise BadInput(f"{target!r}: expected MODULE:NAME, such as features:momentum")
    module = _module(module_name)
    if not hasattr(module, name):
        raise BadInput(f"module {module_name} has no {name}")
    function = getattr(module, name)
    if not callable(function):
        raise BadInput(f"{target} is a {type(function).__name__}, not a function")
    return function  # type: ignore[no-any-return]  # a module's attribute is untyped


def _module(name: str) -> Any:
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        return import_module(name)
    except ModuleNotFoundError as exc:
        # The module or a package above it is absent; else it was found and needs something that is.
        if exc.name and (name == exc.name or name.startswith(f"{exc.name}.")):
            raise BadInput(f"module {name} not found here or among what is installed") from exc
        raise BadInput(f"module {name} needs {exc.name}, which is not installed") from exc
    except (Exception, SystemExit) as exc:  # a user's module may raise anything
        raise BadInput(f"module {name} fails on import: {type(exc).__name__}: {exc}") from exc


@contextmanager
def stdout_to_stderr() -> Iterator[None]:
    """Whatever is printed meanwhile goes to standard error: by Python, by C code, by processes."""
    # What Python still holds back was written for standard output.
    sys.stdout.flush()
    kept = os.dup(1)
    try:
        os.dup2(2, 1)
        with redirect_stdout(sys.stderr):
            yield
    finally:
        ctypes.CDLL(None).fflush(None)  # what C code has printed and still holds back
        os.dup2(kept, 1)
        os.close(kept)
