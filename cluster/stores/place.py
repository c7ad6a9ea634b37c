"""Files and folders at a URL: the few things that can be done with them, wherever they lie."""

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO


@dataclass(frozen=True)
class File:
    """A file below a place: its name from there, its bytes, and when it was written (ns since 1970)."""

    name: str
    size: int
    written_ns: int


class Place(ABC):
    """A file or a folder; folders are there as soon as something lies in them.

    Two processes on two machines reach the same by the same `url`. Raises FileNotFoundError for a
    file that is not there; what else a disk refuses is an OSError, what a bucket does a StoreError.
    """

    @property
    @abstractmethod
    def name(self) -> str:
        """The last part."""

    @property
    @abstractmethod
    def url(self) -> str:
        """What any process finds it by, with `places.at`."""

    @abstractmethod
    def __str__(self) -> str:
        """What people find it by: the path on this machine, else the URL."""

    @abstractmethod
    def __truediv__(self, name: str) -> "Place":
        """What lies below, by a name or a path of them."""

    @abstractmethod
    def exists(self) -> bool:
        """Whether a file is there."""

    @abstractmethod
    def open(self) -> Any:
        """The file for reading, from any position, as Arrow has it (`pyarrow.NativeFile`)."""

    @abstractmethod
    def inside(self, name: str, *, hidden: bool = False) -> BinaryIO:
        """A file below, whatever strangers put there: opened for reading, and led nowhere else.

        Links are not followed, nor hidden names unless `hidden`, and no pipe is waited for. Raises
        FileNotFoundError.
        """

    @abstractmethod
    def files(self) -> list[File]:
        """Every file below at any depth, by name; no links, and none where there is no folder."""

    @abstractmethod
    def writing(self) -> AbstractContextManager[BinaryIO]:
        """A file to write to, which takes this place at the end of the block, or leaves nothing."""

    @abstractmethod
    def publishing(self) -> AbstractContextManager[Path]:
        """A folder of this machine whose files lie here at the end of the block, or none of them.

        On a disk they appear at once. In a bucket they appear one by one, so there a reader goes by
        what is told elsewhere once the block has ended. Nothing may lie here before.
        """

    @abstractmethod
    def make(self) -> None:
        """Make the folder, where folders are made."""

    @abstractmethod
    def rename(self, name: str) -> None:
        """Give the file another name in its folder, in place of what had it."""

    @abstractmethod
    def remove(self) -> None:
        """Remove the file, or the folder with all in it; nothing where neither is there."""

    def read_bytes(self) -> bytes:
        with self.open() as file:
            return bytes(file.read())

    def read_text(self) -> str:
        return self.read_bytes().decode()

    def write_bytes(self, data: bytes) -> None:
        """Whole or not at all."""
        with self.writing() as file:
            file.write(data)


def parts_below(name: str, *, hidden: bool) -> list[str]:
    """The parts of a name that leads below, to what is hidden only if `hidden`. Raises FileNotFoundError."""
    parts = name.split("/")
    refused = {"", ".", ".."}  # `..` is no link: nothing else would refuse it
    if any(
        part in refused or "\0" in part or (part.startswith(".") and not hidden) for part in parts
    ):
        raise FileNotFoundError(name)
    return parts
