"""SQL over the lake with DuckDB: one view a table, each showing the rows that stand.

ASOF joins, windows and Parquet or CSV output are DuckDB's own:

    SELECT b.session, b.close, m.universe
    FROM bars b JOIN universes m ON m.instrument_id = b.instrument_id
        AND m.start <= b.session AND (m.end IS NULL OR b.session < m.end)
"""

from collections.abc import Sequence
from datetime import UTC, datetime

import duckdb
import pyarrow as pa

from cluster.errors import BadInput
from cluster.stores.lake.keyed import KeyedTable
from cluster.stores.lake.lake import Lake
from cluster.stores.lake.snapshots import ABSENT, Snapshot
from cluster.stores.lake.times import instant
from cluster.stores.lake.versioned import reading, rows_of

Sql = duckdb.DuckDBPyConnection

# The newest vintage of each key. With a cut, of those known then: a first vintage from its
# available_at, a later one too if it names a later time than the one before it, else from when it
# was recorded. `cluster.stores.lake.vintages.standing` says the same; a test holds them together.
_STANDING = """
CREATE VIEW "{name}" AS SELECT * FROM "{name}_vintages"
QUALIFY row_number() OVER (PARTITION BY {keys} ORDER BY recorded_at DESC) = 1
"""
_KNOWN = """
CREATE VIEW "{name}" AS WITH told AS (
    SELECT *, lag(available_at) OVER (PARTITION BY {keys} ORDER BY recorded_at) AS before
    FROM "{name}_vintages"
)
SELECT * EXCLUDE (before) FROM told
WHERE available_at <= TIMESTAMPTZ '{as_of}'
    AND (before IS NULL OR available_at > before OR recorded_at <= TIMESTAMPTZ '{as_of}')
QUALIFY row_number() OVER (PARTITION BY {keys} ORDER BY recorded_at DESC) = 1
"""


def connect(lake: Lake, *, as_of: datetime | None = None, snapshot: str | None = None) -> Sql:
    """A connection with a view for each table that holds rows, as of one snapshot.

    Beside each view, `<table>_vintages` has every vintage ever recorded. With `as_of` (aware) the
    views show what could be known then. Times are UTC. Nothing is copied: the views read the
    lake's files, and what a query does not need is skipped. Raises NotFound for an empty lake.
    """
    wanted = Snapshot.parse(snapshot if snapshot is not None else lake.snapshot())
    cut = None if as_of is None else instant(as_of, "as_of").as_py().astimezone(UTC).isoformat()
    connection = duckdb.connect()
    # Else times would be shown, and parsed, in the zone of the machine.
    connection.execute("SET TimeZone = 'UTC'")
    for name, table in lake.tables.items():
        if (version := wanted.of(name)) != ABSENT:
            _show(connection, name, table, version, cut)
    return connection


def query(connection: Sql, statement: str) -> pa.Table:
    """The rows that a statement gives; of columns of one name the second is called `name_1`.

    Raises BadInput with DuckDB's first line where it can't.
    """
    try:
        found = connection.sql(statement)
        if found is None:
            raise BadInput("sql: expected a statement that gives rows, such as SELECT")
        rows = found.to_arrow_table()
    except duckdb.Error as exc:
        raise BadInput(f"sql: {str(exc).strip().splitlines()[0]}") from exc
    return rows.rename_columns(_distinct(rows.column_names))


def _distinct(names: Sequence[str]) -> list[str]:
    """A join has columns of one name, which a table or a document would lose but for one."""
    told: dict[str, None] = {}
    taken = set(names)
    for name in names:
        new, count = name, 0
        # A made name must not take that of a column further on, which keeps its own.
        while new in told or (count and new in taken):
            count += 1
            new = f"{name}_{count}"
        told[new] = None
    return list(told)


def _show(connection: Sql, name: str, table: KeyedTable, version: int, cut: str | None) -> None:
    delta = table.delta.at(version)
    with reading(delta.table_uri):
        dataset = rows_of(delta)
    connection.register(f"{name}_vintages", dataset)
    keys = ", ".join(f'"{key}"' for key in table.spec.keys)
    template = _KNOWN if cut and "available_at" in table.spec.schema.names else _STANDING
    # Names are the lake's own and the time was parsed: nothing here comes from a caller as text.
    connection.execute(template.format(name=name, keys=keys, as_of=cut))
