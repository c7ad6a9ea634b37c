"""A table whose rows are told apart by a key and supersede each other: one read and one append.

An append may be repeated and raced: what is new is found, stamped and committed once.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable

from cluster.errors import BadInput
from cluster.stores.lake.tables import TableSpec
from cluster.stores.lake.versioned import FileFilter, VersionedTable, reading, rows_of
from cluster.stores.lake.vintages import Difference, difference, repeats, standing


@dataclass(frozen=True)
class AppendResult:
    """What an append did: rows `written` (of them `restated`), rows that stood `unchanged` already.

    `version` is the table's version after it.
    """

    written: int
    unchanged: int
    restated: int
    version: int


@dataclass(frozen=True)
class Where:
    """Which rows: `files` prunes partitions, `rows` is the exact condition. Both see whole keys.

    A condition on anything but the key would drop vintages of a row and bring back an older one.
    """

    files: FileFilter | None = None
    rows: pc.Expression | None = None


ALL = Where()


class KeyedTable:
    """Rows of one `TableSpec` below `root`. A read sees one version, and in it one vintage a key."""

    def __init__(self, root: str, spec: TableSpec) -> None:
        self.spec = spec
        self.delta = VersionedTable(f"{root}/{spec.name}", spec)

    def read(
        self,
        where: Where = ALL,
        *,
        as_of: datetime | None = None,
        version: int | None = None,
        schema: pa.Schema | None = None,
    ) -> pa.Table:
        """The standing rows, sorted by key; those of `version` (-1: before the first commit).

        `schema` names the columns, keys and clocks among them; by default all.
        """
        rows = self.vintages(where, version=version, schema=schema)
        return standing(rows, self.spec.keys, as_of=as_of)

    def vintages(
        self, where: Where = ALL, *, version: int | None = None, schema: pa.Schema | None = None
    ) -> pa.Table:
        """Every row that was written by `version`, those too that others superseded."""
        schema = schema or self.spec.schema
        if version is None:
            version = self.delta.version()
        if version is None or version < 0:
            return schema.empty_table()
        return scan(self.delta.at(version), schema, where)

    def append(
        self,
        rows: pa.Table,
        *,
        recorded_at: datetime,
        where: Where = ALL,
        check: Callable[[pa.Table, pa.Table], None] = lambda _standing, _rows: None,
        finish: Callable[[pa.Table], pa.Table] = lambda rows: rows,
    ) -> AppendResult:
        """Commit what is new or restated in `rows` (the spec's columns), all of it or nothing.

        `where` must select every key that `rows` holds. `check` sees what stands and the rows, and
        raises BadInput to refuse them; it is asked again after each race that was lost. `finish` adds
        derived columns.
        """
        # Both would get one stamp, and which of them stands would be chance.
        if twice := repeats(rows, self.spec.keys):
            raise BadInput(f"{self.spec.name}: {twice} rows come twice in one delivery")

        change: Difference

        def changed(newest: DeltaTable) -> pa.Table:
            # Again in each newer version, if another writer commits in between.
            nonlocal change
            before = standing(scan(newest, self.spec.schema, where), self.spec.keys)
            check(before, rows)
            change = difference(before, rows, self.spec.keys)
            return finish(change.rows(self.spec.keys, recorded_at=recorded_at))

        version = self.delta.append(changed)
        return AppendResult(
            written=change.new.num_rows + change.restated.num_rows,
            unchanged=change.unchanged,
            restated=change.restated.num_rows,
            version=version,
        )


def scan(table: DeltaTable, schema: pa.Schema, where: Where) -> pa.Table:
    """Every vintage of the selected rows. A column that came later than `table` is null."""
    with reading(table.table_uri):
        dataset = rows_of(table, where.files)
        held = [name for name in schema.names if name in dataset.schema.names]
        rows = dataset.to_table(columns=held, filter=where.rows)
    columns = [
        rows[field.name] if field.name in held else pa.nulls(rows.num_rows, field.type)
        for field in schema
    ]
    return pa.table(columns, names=schema.names).cast(schema)


def one_of(column: str, values: Iterable[str]) -> Where:
    """The rows whose key column holds one of the values."""
    # The type is said: Arrow would make nulls, not texts, of an empty list.
    return Where(rows=pc.field(column).isin(pa.array(sorted(set(values)), pa.string())))
