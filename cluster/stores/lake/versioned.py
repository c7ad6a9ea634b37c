"""One Delta table as the lake uses it: immutable versions to read and one fenced append to write."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from urllib.parse import unquote, urlparse

import pyarrow as pa
from deltalake import (
    ColumnProperties,
    CommitProperties,
    DeltaTable,
    WriterProperties,
    write_deltalake,
)
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from pyarrow.dataset import Dataset
from pyarrow.fs import LocalFileSystem, SubTreeFileSystem

from cluster.errors import NotFound, StoreError
from cluster.stores.lake.tables import CONFIGURATION, TableSpec

FileFilter = list[tuple[str, str, object]]

# Among racing writers one always wins, so this is far more than any real queue of them.
_ATTEMPTS = 100
_KEPT_OPEN = 4

# Delta lets two blind appends through side by side, which would store a row twice. Without
# retries of its own, a commit succeeds only right after the version that the rows were compared
# with; if another writer came between, we compare again.
_FENCED = CommitProperties(max_commit_retries=0)

# An object store has no hard links: there a commit is a put that refuses to overwrite.
_S3 = {"aws_conditional_put": "etag"}

# Instants of sorted bars lie at equal distances: as differences they take a few bits a row.
_STEADY = ColumnProperties(dictionary_enabled=False, encoding="DELTA_BINARY_PACKED")


class VersionedTable:
    """A table at `uri` (a folder or s3://…), created by its first append. Safe between threads."""

    def __init__(self, uri: str, spec: TableSpec) -> None:
        self.uri = uri
        self.spec = spec
        self._lock = Lock()
        self._tip: DeltaTable | None = None
        self._opened: dict[int, DeltaTable] = {}

    def version(self) -> int | None:
        """The newest committed version, None before the first commit. About half a millisecond."""
        with self._lock:
            # Opened once; from then on only new entries of the log are read.
            if self._tip is None:
                self._tip = _open(self.uri)
            else:
                with reading(self.uri):
                    self._tip.update_incremental()
            return None if self._tip is None else self._tip.version()

    def identity(self) -> str | None:
        """The id that the table was given when it was created, None before."""
        newest = self.version()
        return None if newest is None else str(self.at(newest).metadata().id)

    def at(self, version: int) -> DeltaTable:
        """The table as it stood at that version; not to be written. Raises NotFound."""
        newest = self.version()
        if newest is None or version > newest:
            raise NotFound(
                f"snapshot of {self.spec.name} at version {version} does not exist: "
                f"the newest is {'none' if newest is None else newest}"
            )
        with self._lock:
            if version not in self._opened:
                self._forget_oldest()
                with reading(self.uri):
                    self._opened[version] = DeltaTable(
                        self.uri, version=version, storage_options=storage_options(self.uri)
                    )
            return self._opened[version]

    def append(self, changed: Callable[[DeltaTable], pa.Table]) -> int:
        """Commit the rows that `changed` finds against the newest version; return the version.

        `changed` is asked again whenever another writer was faster. One commit or none: a process
        that dies leaves at most files that no version names. Raises StoreError.
        """
        for _ in range(_ATTEMPTS):
            table = self._open_or_create()
            rows = changed(table)
            if rows.num_rows == 0 or self._commit(table, rows):
                return table.version()
        raise StoreError(
            f"{self.spec.name}: other writers were faster {_ATTEMPTS} times in a row; "
            "nothing was written, run it again"
        )

    def writer_properties(self) -> WriterProperties:
        """Small row groups, sorted by key, let a reader of one instrument skip most of a file."""
        steady = [f.name for f in self.spec.schema if pa.types.is_timestamp(f.type)]
        return WriterProperties(
            compression="ZSTD",
            compression_level=3,
            max_row_group_size=65_536,
            column_properties=dict.fromkeys(steady, _STEADY),
        )

    def _commit(self, table: DeltaTable, rows: pa.Table) -> bool:
        try:
            write_deltalake(
                table,
                rows,
                mode="append",
                schema_mode="merge",  # a table of an earlier release gains the newer columns
                commit_properties=_FENCED,
                writer_properties=self.writer_properties(),
            )
        # The fence held: another writer was faster, and the rows must be compared anew.
        except CommitFailedError:
            return False
        except (DeltaError, OSError) as exc:
            raise StoreError(f"{self.spec.name}: nothing was committed: {exc}") from exc
        return True

    def _open_or_create(self) -> DeltaTable:
        table = _open(self.uri)
        if table is not None:
            return table
        try:
            # "ignore": a table that another writer has created meanwhile is taken as it is.
            return DeltaTable.create(
                self.uri,
                self.spec.schema,
                mode="ignore",
                partition_by=list(self.spec.partitions),
                configuration=CONFIGURATION,
                storage_options=storage_options(self.uri),
            )
        except (DeltaError, OSError) as exc:
            # Another writer may have created it just now.
            table = _open(self.uri)
            if table is None:
                raise StoreError(f"{self.uri}: the table cannot be created: {exc}") from exc
            return table

    def _forget_oldest(self) -> None:
        while len(self._opened) >= _KEPT_OPEN:
            del self._opened[min(self._opened)]


def storage_options(uri: str) -> dict[str, str] | None:
    """What Delta must be told of the store; keys and endpoint come by the store's usual ways."""
    return dict(_S3) if uri.startswith("s3://") else None


def rows_of(table: DeltaTable, files: FileFilter | None = None) -> Dataset:
    """The table's files as an Arrow dataset, those pruned that `files` rules out.

    Arrow reads them itself: through Delta's own file system its threads call into Python, and one
    that still does at the end of a process aborts it.
    """
    return table.to_pyarrow_dataset(
        filesystem=_file_system(table.table_uri), file_pruning_predicate=files
    )


def _file_system(uri: str) -> SubTreeFileSystem:
    url = urlparse(uri)
    if url.scheme == "file":
        # Its path stands encoded in the URI.
        return SubTreeFileSystem(unquote(url.path), LocalFileSystem())
    from cluster.stores.bucket import client  # noqa: PLC0415  # as in `places.at`

    return SubTreeFileSystem(f"{url.netloc}{url.path}".rstrip("/"), client())


@contextmanager
def reading(uri: str) -> Iterator[None]:
    """Failures to read the table as StoreError: its log or its files are gone, or not whole."""
    try:
        yield
    except (DeltaError, OSError, pa.ArrowInvalid) as exc:
        detail = str(exc).strip().splitlines()[0]
        raise StoreError(
            f"{uri}: the table cannot be read: {detail}; restore the folder, or remove the lake "
            "and run `trii data ingest`"
        ) from exc


def _open(uri: str) -> DeltaTable | None:
    with reading(uri):
        try:
            return DeltaTable(uri, storage_options=storage_options(uri))
        except TableNotFoundError:
            return None
