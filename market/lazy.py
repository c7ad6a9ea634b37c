"""Packages whose names are loaded when they are used: a stub beside `__init__.py` says them once."""

import ast
import pkgutil
from collections.abc import Callable

Names = tuple[Callable[[str], object], Callable[[], list[str]], list[str]]


def names_of_stub(package: str, *, first: Callable[[], None] = lambda: None) -> Names:
    """`__getattr__`, `__dir__` and `__all__` of a package, from the imports of its `__init__.pyi`.

    Type checkers and editors read the same stub, so each name and its home stand in one place:
    `from cluster.stores.lake import Lake as Lake`. `first` is called before one is loaded.
    """
    homes = {
        alias.asname or alias.name: (node.module, alias.name)
        for node in ast.parse(pkgutil.get_data(package, "__init__.pyi") or b"").body
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }
    every = sorted(homes)

    def find(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        first()
        # A module of a package is a name of it only once it was imported: this imports it.
        return pkgutil.resolve_name(".".join(homes[name]))

    return find, lambda: every, every
