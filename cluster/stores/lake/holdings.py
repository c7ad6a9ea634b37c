"""What the lake holds, told by the statistics in its log: rows, sessions, bytes."""

from dataclasses import dataclass
from datetime import date

import pyarrow as pa
from deltalake import DeltaTable


@dataclass(frozen=True)
class Holding:
    """One dataset in one timeframe. `rows` counts every vintage, superseded ones too."""

    dataset: str
    timeframe: str
    rows: int
    first_session: date
    last_session: date
    files: int
    bytes: int


def holdings(table: DeltaTable) -> list[Holding]:
    """Sums over the files of this version, sorted by dataset and timeframe."""
    files = pa.table(table.get_add_actions(flatten=True))
    sums = files.group_by(["partition.dataset", "partition.timeframe"]).aggregate(
        [
            ("num_records", "sum"),
            ("min.session", "min"),
            ("max.session", "max"),
            ("path", "count"),
            ("size_bytes", "sum"),
        ]
    )
    columns = zip(*(column.to_pylist() for column in sums.columns), strict=True)
    return sorted((Holding(*row) for row in columns), key=lambda h: (h.dataset, h.timeframe))
