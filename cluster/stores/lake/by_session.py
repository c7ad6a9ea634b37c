"""Tables whose rows are of an instrument at a session: which rows a read means, and what may be written."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Unpack

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cluster.errors import BadInput
from cluster.stores.lake.cut import Sessions
from cluster.stores.lake.keyed import AppendResult, Where
from cluster.stores.lake.lake import Lake
from cluster.stores.lake.snapshots import Snapshot
from cluster.stores.lake.tables import TableSpec, bucket_of
from cluster.stores.lake.times import instant
from cluster.stores.lake.vintages import missing_as_null

_OWN = ("recorded_at", "bucket")
"""What the lake itself puts into each row."""


@dataclass(frozen=True)
class Wanted:
    """Rows whose texts are among `texts`, by key column, from `start` to `end`, both included.

    None leaves a side open, and all instruments in.
    """

    texts: Mapping[str, Iterable[str]] = field(default_factory=dict)
    instrument_ids: Iterable[str] | None = None
    start: date | None = None
    end: date | None = None

    def where(self, spec: TableSpec) -> Where:
        """The partitions that can hold them, and the condition on single rows."""
        among = {name: sorted(set(values)) for name, values in self.texts.items()}
        files: list[tuple[str, str, object]] = [
            (name, "in", values) for name, values in among.items() if name in spec.partitions
        ]
        if self.instrument_ids is not None:
            among["instrument_id"] = sorted(set(self.instrument_ids))
            buckets = {str(bucket_of(instrument_id)) for instrument_id in among["instrument_id"]}
            files.append(("bucket", "in", sorted(buckets)))
        return Where([file for file in files if file[2]] or None, self._rows(among))

    def _rows(self, among: Mapping[str, list[str]]) -> pc.Expression:
        wanted = pc.scalar(True)  # noqa: FBT003 - the condition that holds everywhere
        for name, values in among.items():
            # The type is said: Arrow would make nulls, not texts, of an empty list.
            wanted &= pc.field(name).isin(pa.array(values, pa.string()))
        if self.start is not None:
            wanted &= pc.field("session") >= self.start
        if self.end is not None:
            wanted &= pc.field("session") <= self.end
        return wanted


def delivered(spec: TableSpec) -> pa.Schema:
    """The columns that a delivery has: the lake adds when it was recorded, and the partition."""
    return pa.schema([field for field in spec.schema if field.name not in _OWN])


def read(
    lake: Lake,
    spec: TableSpec,
    texts: Mapping[str, Iterable[str]],
    instrument_ids: Iterable[str] | None,
    **sessions: Unpack[Sessions],
) -> pa.Table:
    """The standing rows, sorted by key. Raises BadInput and NotFound as `Lake.bars` does."""
    wanted = Wanted(texts, instrument_ids, sessions.get("start"), sessions.get("end"))
    as_of, snapshot = sessions.get("as_of"), sessions.get("snapshot")
    if as_of is not None:
        instant(as_of, "as_of")
    version = None if snapshot is None else Snapshot.parse(snapshot).of(spec.name)
    rows = lake.tables[spec.name].read(wanted.where(spec), as_of=as_of, version=version)
    return rows.drop(["bucket"])


def append(lake: Lake, spec: TableSpec, rows: pa.Table, *, recorded_at: datetime) -> AppendResult:
    """Commit what is new or says something else, all of it or nothing.

    Raises BadInput for other columns, missing values and rows that nobody could know yet.
    """
    now = instant(recorded_at, "recorded_at")
    checked = _conform(rows, spec)
    if early := pc.sum(pc.greater(checked["available_at"], now)).as_py():
        raise BadInput(f"{early} {spec.name} are of the future: nothing was written")
    stamped = {
        **{name: checked[name] for name in checked.column_names},
        # Stamped again when it is committed: a restatement may have to be later.
        "recorded_at": pa.repeat(now, rows.num_rows),
        "bucket": _buckets(checked["instrument_id"]),
    }
    whole = pa.table([stamped[field.name] for field in spec.schema], schema=spec.schema)
    return lake.tables[spec.name].append(
        whole, recorded_at=recorded_at, where=_spanned(whole, spec).where(spec)
    )


def _spanned(rows: pa.Table, spec: TableSpec) -> Wanted:
    texts = [
        name
        for name in spec.keys
        if name != "instrument_id" and pa.types.is_string(spec.schema.field(name).type)
    ]
    # A span that holds every key of the delivery: each must be compared with what stands.
    span = pc.min_max(rows["session"]).as_py()
    return Wanted(
        {name: rows[name].unique().to_pylist() for name in texts},
        rows["instrument_id"].unique().to_pylist(),
        span["min"],
        span["max"],
    )


def _conform(rows: pa.Table, spec: TableSpec) -> pa.Table:
    schema = delivered(spec)
    # Nulls pass here, so that the refusal below can name every column that lacks values.
    lax = pa.schema([field.with_nullable(nullable=True) for field in schema])
    try:
        # NaN becomes null before nulls are counted: a number that must be there may not be NaN.
        conformed = missing_as_null(rows.select(schema.names).cast(lax))
        conformed.validate(full=True)
    except (KeyError, pa.ArrowInvalid) as exc:
        raise BadInput(f"the delivery does not have the columns of {spec.name}: {exc}") from exc
    empty = [
        field.name for field in schema if not field.nullable and conformed[field.name].null_count
    ]
    if empty:
        raise BadInput(f"{spec.name} without {', '.join(empty)}: nothing was written")
    return conformed


def _buckets(instrument_ids: pa.ChunkedArray) -> pa.Array:
    # Hashed once an instrument, not once a row.
    ids = instrument_ids.combine_chunks().dictionary_encode()
    buckets = np.array(
        [bucket_of(instrument_id) for instrument_id in ids.dictionary.to_pylist()], dtype=np.int32
    )
    return pa.array(buckets[ids.indices.to_numpy()])
