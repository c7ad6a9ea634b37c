"""The files that a file of one's own needs: itself, and all that it imports from beside it."""

import ast
import hashlib
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.machinery import PathFinder
from pathlib import Path

from cluster.errors import BadInput

PLATFORM = frozenset({"market", "cluster", "deployments", "training", "jobs", "trii"})


@dataclass(frozen=True)
class Code:
    """Python files by their names below `root`, the one that was named first, the others sorted.

    `sha256` is that of their bytes one after another, as they were read: of one file alone, as
    `sha256sum` prints it.
    """

    root: Path
    names: tuple[str, ...]
    sha256: str

    def require_shippable(self) -> None:
        """Raise BadInput for a file whose name would hide a module that jobs need."""
        installed = [path for name in ("purelib", "platlib") if (path := sysconfig.get_path(name))]
        if self.root in map(Path, installed):
            return  # it is installed itself
        for name in self.names:
            top = name.partition("/")[0].removesuffix(".py")
            known = top in sys.stdlib_module_names or top in PLATFORM
            if known or (top.isidentifier() and PathFinder.find_spec(top, installed)):
                raise BadInput(
                    f"{self.root / name}: {top} is the name of an installed module, which it would "
                    "hide; rename it"
                )


def code_of(path: Path, root: Path) -> Code:
    """A file below `root` with what it imports from there, in its functions too, and so on.

    A package goes whole. What is imported from elsewhere is not followed.
    """
    first = path.relative_to(root).as_posix()
    waiting = [path, *(_local(root, first.partition("/")[0]) if "/" in first else ())]
    found: set[Path] = set()
    while waiting:
        file = waiting.pop()
        if file in found:
            continue
        found.add(file)
        for name in _imported(file):
            waiting += _local(root, name)
    others = sorted(file.relative_to(root).as_posix() for file in found - {path})
    digest = hashlib.sha256()
    for name in (first, *others):
        digest.update((root / name).read_bytes())
    return Code(root, (first, *others), digest.hexdigest())


def _imported(file: Path) -> Iterator[str]:
    """Top-level names of what a file imports by an absolute name."""
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError):
        return  # importing it says what is wrong
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def _local(root: Path, name: str) -> list[Path]:
    """The files of a module or package in the folder itself; none where another one has the name."""
    if name in PLATFORM or name in sys.stdlib_module_names or _is_elsewhere(root, name):
        return []
    if (root / name / "__init__.py").is_file():
        return sorted((root / name).rglob("*.py"))
    file = root / f"{name}.py"
    return [file] if file.is_file() else []


def _is_elsewhere(root: Path, name: str) -> bool:
    """Whether the module is loaded already, from another place: then it is what an import gives."""
    loaded = getattr(sys.modules.get(name), "__file__", None)
    return loaded is not None and root not in Path(loaded).resolve().parents
