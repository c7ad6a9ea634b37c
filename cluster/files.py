"""Paths as people type them, and writing a file whole."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cluster.errors import BadInput


def as_typed(text: str) -> Path:
    """The path that a shell would make of it: `~` is a home; of a name that nobody has it is itself."""
    path = Path(text)
    try:
        return path.expanduser()
    except RuntimeError:
        return path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path to write to that takes the place of `path` in one step, or leaves nothing behind."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_whole(path: Path, text: str, *, called: str) -> None:
    """Write what a command was told to; `called` is the option. Raises BadInput where it can't be."""
    try:
        with replacing(path) as fresh:
            fresh.write_text(text)
    except OSError as exc:
        raise BadInput(f"{called} {path}: can't be written ({exc.strerror})") from exc
