"""Modules of one's own by file or by name, loaded as their files stand."""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from cluster.errors import BadInput
from cluster.files import as_typed
from cluster.own_code.files import Code, code_of
from cluster.own_code.references import Reference
from market.errors import MarketError, near_names

_loaded: dict[tuple[Path, str, str], ModuleType] = {}
"""By root, place and hash: an edited file is another module, as it is another idea."""


@dataclass(frozen=True)
class Loaded:
    """A module with the files that it is made of."""

    module: ModuleType
    code: Code


def load(reference: Reference) -> Loaded:
    """The module that a reference means; files are looked for in the current directory first.

    Raises BadInput where it is not there, or fails on import.
    """
    path, root = _located(reference)
    try:
        code = code_of(path, root)
        key = (code.root, reference.place, code.sha256)
    except OSError as exc:
        raise BadInput(f"{exc.filename} can't be read: {exc.strerror}") from exc
    if key not in _loaded:
        _forget_others(code)
        _loaded[key] = _imported(reference, path, code)
    return Loaded(_loaded[key], code)


def import_own(name: str) -> Any:
    """The module of that name, the current directory looked into first. Raises BadInput."""
    _look_here_first(Path.cwd())
    with _plain_failures(f"module {name}", name):
        return importlib.import_module(name)


def _located(reference: Reference) -> tuple[Path, Path]:
    """The file, and the folder that imports of it start at."""
    if reference.is_file:
        path = _file(reference.place)
        return path, path.parent
    _look_here_first(Path.cwd())
    path = _module_file(reference.place)
    # As many folders between them as the name has dots, and one more for a package.
    return path, path.parents[reference.place.count(".") + (path.name == "__init__.py")]


def _file(place: str) -> Path:
    path = as_typed(place)
    folders = [Path.cwd(), *map(Path, sys.path)]
    for candidate in (folder / path for folder in folders):
        if candidate.is_file():
            return candidate.resolve()
    folder = (Path.cwd() / path).parent
    here = sorted(file.name for file in folder.glob("*.py")) if folder.is_dir() else []
    near = near_names(path.name, here)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise BadInput(f"{place}: there is no such file{hint}")


def _module_file(name: str) -> Path:
    with _plain_failures(f"module {name}", name):
        spec = find_spec(name)
    if spec is None:
        raise BadInput(f"module {name} not found here or among what is installed")
    if spec.origin is None or not spec.origin.endswith(".py"):
        raise BadInput(f"module {name} has no Python file to be shipped: name one that has")
    return Path(spec.origin).resolve()


def _imported(reference: Reference, path: Path, code: Code) -> ModuleType:
    if not reference.is_file:
        with _plain_failures(f"module {reference.place}", reference.place):
            return importlib.import_module(reference.place)
    _look_here_first(code.root)
    # By hash: another file of this name is another module.
    name = f"own_{code.sha256[:12]}_{'_'.join(path.stem.split())}"
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise BadInput(f"{path}: this is no file that Python can load")
    module = module_from_spec(spec)
    sys.modules[name] = module
    try:
        with _plain_failures(str(path), ""):
            spec.loader.exec_module(module)
    except BadInput:
        del sys.modules[name]
        raise
    return module


def _look_here_first(folder: Path) -> None:
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


def _forget_others(code: Code) -> None:
    """Drop what was loaded of these files in an earlier state: imports would give it again."""
    if any(root == code.root for root, _, _ in _loaded):
        files = {str(code.root / name) for name in code.names}
        for name, module in list(sys.modules.items()):
            if getattr(module, "__file__", None) in files:
                del sys.modules[name]


@contextmanager
def _plain_failures(what: str, name: str) -> Iterator[None]:
    """Whatever an import of a user's module raises, as BadInput; bytecode of an earlier state is not left."""
    kept, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    importlib.invalidate_caches()
    try:
        yield
    except ModuleNotFoundError as exc:
        # The module or a package above it is absent; else it was found and needs something that is.
        if exc.name and (name == exc.name or name.startswith(f"{exc.name}.")):
            raise BadInput(f"{what} not found here or among what is installed") from exc
        raise BadInput(f"{what} needs {exc.name}, which is not installed") from exc
    except (Exception, SystemExit) as exc:  # a user's module may raise anything
        # Python wraps what a declared parameter says of its range.
        cause = exc.__cause__ if isinstance(exc.__cause__, MarketError) else exc
        raise BadInput(f"{what} fails on import: {type(cause).__name__}: {cause}") from exc
    finally:
        sys.dont_write_bytecode = kept
