"""An append that may be repeated and raced: compare, stamp, commit once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
from deltalake import DeltaTable

from cluster.stores.lake.versioned import VersionedTable
from cluster.stores.lake.vintages import Difference


@dataclass(frozen=True)
class AppendResult:
    """What an append did: rows `written` (of them `restated`), rows that stood `unchanged` already.

    `version` is the table's version after it.
    """

    written: int
    unchanged: int
    restated: int
    version: int


def append(
    table: VersionedTable,
    compare: Callable[[DeltaTable], Difference],
    *,
    recorded_at: datetime,
    finish: Callable[[pa.Table], pa.Table] = lambda rows: rows,
) -> AppendResult:
    """Commit what `compare` finds new or restated in the newest version, or nothing.

    `compare` runs again if another writer commits in between; `finish` adds derived columns.
    """
    change: Difference

    def rows(newest: DeltaTable) -> pa.Table:
        nonlocal change
        change = compare(newest)
        return finish(change.rows(table.spec.keys, recorded_at=recorded_at))

    version = table.append(rows)
    return AppendResult(
        written=change.new.num_rows + change.restated.num_rows,
        unchanged=change.unchanged,
        restated=change.restated.num_rows,
        version=version,
    )
