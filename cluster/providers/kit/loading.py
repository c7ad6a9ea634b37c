"""Providers of other packages: by an entry point, or by the name of their class."""

import sys
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from cluster.errors import BadInput
from cluster.providers.kit.base import Provider

GROUP = "trii.providers"
"""The entry points that an installed package offers its providers by: dataset = module:Class."""


def offered() -> dict[str, EntryPoint]:
    """The datasets that installed packages offer, by name."""
    return {point.name: point for point in entry_points(group=GROUP)}


def from_entry_point(point: EntryPoint) -> Provider:
    """A provider that a package offers, made without arguments. Raises BadInput."""
    return _made(point.value, dataset=point.name)


def from_class(target: str) -> Provider:
    """The provider that MODULE:CLASS means, made without arguments. Raises BadInput.

    The current directory is looked into first.
    """
    here = str(Path.cwd())
    # A command's path begins with the folder of its script, not with the current one.
    if here not in sys.path:
        sys.path.insert(0, here)
    return _made(target, dataset=None)


def _made(target: str, *, dataset: str | None) -> Provider:
    kind = _found(target)
    if not (isinstance(kind, type) and issubclass(kind, Provider)):
        raise BadInput(f"provider {target}: expected a subclass of cluster.providers.Provider")
    try:
        provider: Provider = kind()
    except Exception as exc:  # a user's class may raise anything
        raise BadInput(f"provider {target} cannot be made: {type(exc).__name__}: {exc}") from exc
    named = getattr(provider, "dataset", None)
    if not named or not isinstance(named, str) or named != (dataset or named):
        raise BadInput(f"provider {target}: dataset={named!r}: expected {dataset or 'a name'!r}")
    return provider


def _found(target: str) -> Any:
    module_name, _, name = target.partition(":")
    if not name or not all(part.isidentifier() for part in (*module_name.split("."), name)):
        raise BadInput(f"provider {target!r}: expected MODULE:CLASS, such as prices:MyProvider")
    try:
        module = import_module(module_name)
    except Exception as exc:  # a user's module may raise anything
        raise BadInput(f"provider {target} fails on import: {type(exc).__name__}: {exc}") from exc
    if not hasattr(module, name):
        raise BadInput(f"provider {target}: module {module_name} has no {name}")
    return getattr(module, name)
