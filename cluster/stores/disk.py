"""Files of this machine."""

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import get_ident
from typing import Any, BinaryIO, Final

from cluster.stores.place import File, Place, parts_below

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Not blocking: a pipe that a job has made must not hold a thread for ever.
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
# The disk's fault, or ours: whether the file is there remains open.
_NO_ANSWER: Final = {errno.EIO, errno.ESTALE, errno.EMFILE, errno.ENFILE, errno.ENOMEM}


class Disk(Place):
    """A path, taken literally; `open` and its like take it as one."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __fspath__(self) -> str:
        return str(self.path)

    def __str__(self) -> str:
        return str(self.path)

    def __repr__(self) -> str:
        return f"Disk({str(self.path)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Disk) and self.path == other.path

    def __hash__(self) -> int:
        return hash(self.path)

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def url(self) -> str:
        return self.path.absolute().as_uri()

    def __truediv__(self, name: str) -> "Disk":
        return Disk(self.path / name)

    def exists(self) -> bool:
        return self.path.is_file()

    def open(self) -> Any:
        # Arrow takes longer to load than what commands do that only look.
        import pyarrow as pa  # noqa: PLC0415

        return pa.OSFile(str(self.path), "rb")

    def read_bytes(self) -> bytes:
        return self.path.read_bytes()

    def inside(self, name: str, *, hidden: bool = False) -> BinaryIO:
        parts = parts_below(name, hidden=hidden)
        try:
            return _regular(_descend(self.path, parts))
        except OSError as exc:
            if exc.errno in _NO_ANSWER:
                raise
            raise FileNotFoundError(name) from exc

    def files(self) -> list[File]:
        found = []
        for path in sorted(self.path.rglob("*")):
            with suppress(FileNotFoundError):  # removed meanwhile
                told = path.lstat()
                if stat.S_ISREG(told.st_mode):
                    name = str(path.relative_to(self.path))
                    found.append(File(name, told.st_size, told.st_mtime_ns))
        return found

    @contextmanager
    def writing(self) -> Iterator[BinaryIO]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._draft()
        draft.unlink(missing_ok=True)
        try:
            with draft.open("xb") as file:  # never through a link that a stranger put there
                yield file
            draft.replace(self.path)
        finally:
            draft.unlink(missing_ok=True)

    @contextmanager
    def publishing(self) -> Iterator[Path]:
        draft = self._draft()
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        try:
            yield draft
            draft.replace(self.path)
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def make(self) -> None:
        self.path.mkdir(parents=True, exist_ok=True)

    def rename(self, name: str) -> None:
        self.path.replace(self.path.with_name(name))

    def remove(self) -> None:
        if self.path.is_dir() and not self.path.is_symlink():
            shutil.rmtree(self.path)
        else:
            self.path.unlink(missing_ok=True)

    def _draft(self) -> Path:
        """Beside its place, since names are moved within one file system only; hidden till then."""
        return self.path.with_name(f".{self.name}.{os.getpid()}.{get_ident()}")


def _descend(top: Path, parts: list[str]) -> int:
    """The last of the parts, each opened below the one before: what is moved meanwhile leads nowhere."""
    place = os.open(top, _FOLDER)
    for part in parts[:-1]:
        try:
            deeper = os.open(part, _FOLDER, dir_fd=place)
        finally:
            os.close(place)
        place = deeper
    try:
        return os.open(parts[-1], _FILE, dir_fd=place)
    finally:
        os.close(place)


def _regular(descriptor: int) -> BinaryIO:
    # Asked of the open file: its name may mean something else by now.
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise FileNotFoundError
    return os.fdopen(descriptor, "rb")
