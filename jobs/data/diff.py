"""What one snapshot says that an earlier one did not: rows added and rows restated, table by table."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable

from cluster.errors import BadInput
from cluster.stores.lake import Lake, Snapshot
from cluster.stores.lake.keyed import ALL, KeyedTable, Where
from cluster.stores.lake.snapshots import ABSENT
from cluster.stores.lake.tables import PROVENANCE
from cluster.stores.lake.vintages import difference


@dataclass(frozen=True)
class Restatement:
    """One row that says something else: its key, and old and new value of each changed column."""

    key: dict[str, Any]
    changes: dict[str, tuple[Any, Any]]


@dataclass(frozen=True)
class TableDiff:
    """One table: versions, rows added and restated, the instruments they concern, some examples."""

    table: str
    version_before: int
    version_after: int
    added: int
    restated: int
    instruments: tuple[str, ...]
    examples: tuple[Restatement, ...]


def diff(lake: Lake, before: str, after: str, *, examples: int = 10) -> list[TableDiff]:
    """Of every table whose version moved between two snapshots of this lake.

    Only partitions whose files differ are read, one at a time. Raises BadInput if `after` is the
    older one, NotFound for a snapshot that this lake does not have.
    """
    old, new = Snapshot.parse(before), Snapshot.parse(after)
    found = []
    for name, table in lake.tables.items():
        versions = old.of(name), new.of(name)
        if versions[1] < versions[0]:
            raise BadInput(f"{name} goes from version {versions[0]} back to {versions[1]}: "
                           "give the older snapshot first")  # fmt: skip
        if versions[0] != versions[1]:
            found.append(_table_diff(name, table, versions, examples))
    return found


def _table_diff(
    name: str, table: KeyedTable, versions: tuple[int, int], examples: int
) -> TableDiff:
    added = restated = 0
    instruments: set[str] = set()
    shown: list[Restatement] = []
    for where in _changed(table, versions):
        standing, incoming = (table.read(where, version=version) for version in versions)
        change = difference(standing, incoming, table.spec.keys)
        added += change.new.num_rows
        restated += change.restated.num_rows
        for rows in (change.new, change.restated):
            if "instrument_id" in rows.column_names:
                instruments.update(rows["instrument_id"].unique().to_pylist())
        more = examples - len(shown)
        shown += _restatements(table, change.superseded[:more], change.restated[:more])
    return TableDiff(
        name, *versions, added, restated, tuple(sorted(filter(None, instruments))), tuple(shown)
    )


def _restatements(table: KeyedTable, before: pa.Table, after: pa.Table) -> Iterator[Restatement]:
    quiet = {*PROVENANCE, *table.spec.keys}
    for old, new in zip(before.to_pylist(), after.to_pylist(), strict=True):
        changes = {
            name: (old[name], new[name])
            for name in new
            if name not in quiet and old[name] != new[name]
        }
        yield Restatement({name: new[name] for name in table.spec.keys}, changes)


def _changed(table: KeyedTable, versions: tuple[int, int]) -> Iterator[Where]:
    """The partitions that have other files at the second version; of a table without any, all."""
    before, after = (
        {} if version == ABSENT else _files(table.delta.at(version), table.spec.partitions)
        for version in versions
    )
    # Other files may hold the same rows, as after a compaction: reading them tells. Tables are only
    # appended to, so no partition goes.
    for values in sorted(after):
        if after[values] != before.get(values):
            filters: list[tuple[str, str, object]] = [
                (name, "=", value)
                for name, value in zip(table.spec.partitions, values, strict=True)
            ]
            yield Where(files=filters) if filters else ALL


def _files(table: DeltaTable, partitions: tuple[str, ...]) -> dict[tuple[str, ...], set[str]]:
    files: dict[tuple[str, ...], set[str]] = {}
    for row in pa.table(table.get_add_actions(flatten=True)).to_pylist():
        values = tuple(str(row[f"partition.{name}"]) for name in partitions)
        files.setdefault(values, set()).add(row["path"])
    return files
