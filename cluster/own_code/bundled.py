"""Whether a bundle has the code of one's own that a job is asked to run; nothing of it is loaded."""

from collections.abc import Collection
from pathlib import PurePosixPath
from typing import Final

from cluster.errors import BadInput, Fault
from cluster.own_code.references import parse_reference

RULE: Final = (
    "strategy: expected one that ships, or FILE.py:CLASS or MODULE:CLASS of the bundle, the file "
    "by its path in the bundle"
)


def require_bundled(text: str, files: Collection[str]) -> None:
    """Raise BadInput, at `strategy`, unless the file or module that it names is one of the bundle's.

    So no path leads out of it, neither from the root, nor from a home, nor by `..`.
    """
    if set(files).isdisjoint(_places(text)):
        raise BadInput(RULE, faults=[Fault("strategy", RULE, "bundle")])


def _places(text: str) -> set[str]:
    """Names of files below the bundle's root that the text may mean."""
    try:
        reference = parse_reference(text)
    except BadInput:
        return set()
    if reference.is_file:
        return {str(PurePosixPath(reference.place))}
    path = reference.place.replace(".", "/")
    return {f"{path}.py", f"{path}/__init__.py"}
