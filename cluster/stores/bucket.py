"""Objects of a bucket on anything that speaks S3."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO, cast

from pyarrow.fs import FileSelector, FileType, LocalFileSystem, S3FileSystem, copy_files

from cluster.environment import s3_certificates, s3_endpoint
from cluster.errors import StoreError
from cluster.stores.place import File, Place, parts_below


class Bucket(Place):
    """An object, or all whose keys begin with this one and a slash; `key` begins with the bucket."""

    def __init__(self, key: str) -> None:
        self.key = key.rstrip("/")

    def __str__(self) -> str:
        return self.url

    def __repr__(self) -> str:
        return f"Bucket({self.key!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Bucket) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    @property
    def name(self) -> str:
        return self.key.rpartition("/")[2]

    @property
    def url(self) -> str:
        return f"s3://{self.key}"

    def __truediv__(self, name: str) -> "Bucket":
        return Bucket(f"{self.key}/{name}")

    def exists(self) -> bool:
        return bool(self._type() == FileType.File)

    def open(self) -> Any:
        with self._asked():
            return client().open_input_file(self.key)

    def inside(self, name: str, *, hidden: bool = False) -> BinaryIO:
        return cast("BinaryIO", (self / "/".join(parts_below(name, hidden=hidden))).open())

    def files(self) -> list[File]:
        below = FileSelector(self.key, recursive=True, allow_not_found=True)
        with self._asked():
            listed = client().get_file_info(below)
        start = len(self.key) + 1
        found = [
            File(info.path[start:], info.size, info.mtime_ns)
            for info in listed
            if info.type == FileType.File
        ]
        return sorted(found, key=lambda file: file.name)

    def read_bytes(self) -> bytes:
        with self._asked():
            return super().read_bytes()

    @contextmanager
    def writing(self) -> Iterator[BinaryIO]:
        with TemporaryDirectory(prefix="trii-write-") as folder:
            draft = Path(folder) / "file"
            with draft.open("wb") as file:
                yield file
            self._take(draft)

    @contextmanager
    def publishing(self) -> Iterator[Path]:
        with TemporaryDirectory(prefix="trii-publish-") as draft:
            yield Path(draft)
            self._take(Path(draft))

    def make(self) -> None:
        """A bucket has no folders."""

    def rename(self, name: str) -> None:
        """Another object, then this one's end: a reader in between sees both."""
        with self._asked():
            client().move(self.key, f"{self.key.rpartition('/')[0]}/{name}")

    def remove(self) -> None:
        kind = self._type()
        with self._asked():
            if kind == FileType.File:
                client().delete_file(self.key)
            elif kind == FileType.Directory:
                client().delete_dir(self.key)

    def _type(self) -> FileType:
        with self._asked():
            return client().get_file_info(self.key).type

    def _take(self, draft: Path) -> None:
        """Put a file or folder of this machine here, in one call.

        A stream that a stop breaks off would be closed, and half a file then count as whole.
        """
        with self._asked():
            copy_files(
                str(draft),
                self.key,
                source_filesystem=LocalFileSystem(),
                destination_filesystem=client(),
            )

    @contextmanager
    def _asked(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise
        except OSError as exc:
            raise StoreError(f"{self.url}: {' '.join(str(exc).split())}") from exc


@cache
def client() -> S3FileSystem:
    """This process's client. Keys, region and endpoint come by S3's usual ways: see `reach_s3`."""
    # Arrow does not look for the endpoint there, and for certificates only as it is imported.
    return S3FileSystem(endpoint_override=s3_endpoint(), tls_ca_file_path=s3_certificates())
