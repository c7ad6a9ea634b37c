"""Keeping the lake small and old: many files into few, and what no snapshot may need any more removed.

Both keep every row and both clocks: compaction writes the same rows into other files, and files
that a version within the retention names are never touched.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError, DeltaError

from cluster.clock import Clock, utc_now
from cluster.errors import BadInput, StoreError
from cluster.stores.lake.claim import claimed
from cluster.stores.lake.keyed import KeyedTable
from cluster.stores.lake.lake import Lake
from cluster.stores.lake.snapshots import ABSENT, Snapshot
from cluster.stores.lake.tables import CONFIGURATION, RETENTION
from cluster.stores.lake.versioned import reading, storage_options

SHORTEST = timedelta(days=7)
"""The shortest retention: far longer than any writer takes from its first file to its commit."""
MANY_FILES = 8
"""A partition is compacted from this many files on."""


@dataclass(frozen=True)
class DataFile:
    """One file of a snapshot. `path` is below the lake's root and never written again."""

    table: str
    path: str
    rows: int
    bytes: int


@dataclass(frozen=True)
class Compaction:
    """What a compaction did to one table: files before and after, and the version that holds it."""

    table: str
    files_before: int
    files_after: int
    version: int


def files(lake: Lake, snapshot: str) -> list[DataFile]:
    """Exactly the files that a snapshot reads, by table and path: what a manifest pins."""
    wanted = Snapshot.parse(snapshot)
    found: list[DataFile] = []
    for name, table in lake.tables.items():
        if (version := wanted.of(name)) != ABSENT:
            found += _files(name, table.delta.at(version))
    return found


def compact(lake: Lake, *, at_least: int = MANY_FILES, clock: Clock = utc_now) -> list[Compaction]:
    """Join the files of every partition that has `at_least`; rows and earlier versions stay.

    Safe beside writers: where one was faster, the partition is left for the next time. So is a
    table that another compaction is at.
    """
    done = (_compact(name, table, at_least, clock) for name, table in lake.tables.items())
    return [report for report in done if report is not None]


def expire(lake: Lake, *, retention: timedelta = RETENTION) -> int:
    """Remove files that no version younger than `retention` names; returns how many.

    Among them are those of writers that died before their commit. Files younger than the retention
    always stay, so that nothing a running writer has begun is taken from it. Raises BadInput for a
    retention below SHORTEST.
    """
    if retention < SHORTEST:
        raise BadInput(f"retention of {retention}: expected {SHORTEST.days} days or more")
    # Whole hours, rounded down, are what Delta takes; SHORTEST is far from where that would matter.
    hours = int(retention / timedelta(hours=1))
    removed = 0
    for table in lake.tables.values():
        if table.delta.version() is not None:
            delta = _open(table)
            with reading(delta.table_uri):
                _configure(delta)
                removed += len(_vacuum(delta, hours))
    return removed


def _configure(delta: DeltaTable) -> None:
    """A table of an earlier release learns to remember for how long its files were replaced."""
    missing = CONFIGURATION.items() - delta.metadata().configuration.items()
    if missing:
        delta.alter.set_table_properties(dict(missing))


def _vacuum(delta: DeltaTable, hours: int) -> list[str]:
    # `full` looks at the folder, not at the log alone: a writer that died before its commit is in no
    # log. The check that Delta would enforce is its own default retention; ours stands in `expire`.
    return delta.vacuum(
        retention_hours=hours, dry_run=False, enforce_retention_duration=False, full=True
    )


def _compact(name: str, table: KeyedTable, at_least: int, clock: Clock) -> Compaction | None:
    if table.delta.version() is None:
        return None
    delta = _open(table)
    before = len(delta.file_uris())
    # Before the claim, whose two ends are commits: a table that needs nothing gets none.
    if not _crowded(delta, table, at_least):
        return None
    with claimed(delta, now=clock()) as ours:
        # Counted again: what was crowded may have been joined by who held the claim before.
        for partition in _crowded(delta, table, at_least) if ours else ():
            _join(delta, table, partition)
    after = len(delta.file_uris())
    return Compaction(name, before, after, delta.version()) if after != before else None


def _join(delta: DeltaTable, table: KeyedTable, partition: list[tuple[str, str, str]]) -> None:
    """Sorted by the first key, so that a reader of one instrument still skips most of the file."""
    by = next(name for name in table.spec.keys if name not in table.spec.partitions)
    try:
        # Delta's own `compact` lays files end to end; ordering by one column sorts them.
        delta.optimize.z_order(
            [by],
            partition_filters=partition or None,
            writer_properties=table.delta.writer_properties(),
        )
    except CommitFailedError:
        # A writer was faster and its rows may lie in the files that were read here: nothing was lost,
        # and the partition is crowded still when the next compaction comes.
        delta.update_incremental()
    except (DeltaError, OSError) as exc:
        raise StoreError(f"{table.spec.name}: compaction failed, nothing changed: {exc}") from exc


def _crowded(
    delta: DeltaTable, table: KeyedTable, at_least: int
) -> list[list[tuple[str, str, str]]]:
    """Filters of the partitions with many files; an empty one stands for a table without any."""
    names = table.spec.partitions
    rows = pa.table(delta.get_add_actions(flatten=True)).to_pylist()
    # As text, which is how Delta takes the values of a filter, also of a numeric bucket.
    counts = Counter(tuple(str(row[f"partition.{name}"]) for name in names) for row in rows)
    return [
        [(name, "=", value) for name, value in zip(names, values, strict=True)]
        for values, count in sorted(counts.items())
        if count >= at_least
    ]


def _files(name: str, delta: DeltaTable) -> list[DataFile]:
    rows = pa.table(delta.get_add_actions(flatten=True)).to_pylist()
    return sorted(
        (DataFile(name, f"{name}/{r['path']}", r["num_records"], r["size_bytes"]) for r in rows),
        key=lambda file: file.path,
    )


def _open(table: KeyedTable) -> DeltaTable:
    """A handle of its own: commits move it on, and those of the table's readers must not move."""
    uri = table.delta.uri
    with reading(uri):
        return DeltaTable(uri, storage_options=storage_options(uri))
