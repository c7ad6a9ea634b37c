"""Bars in the lake: which ones a read means, and what makes a delivery fit to be written."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cluster.errors import BadInput
from cluster.stores.lake.keyed import Where
from cluster.stores.lake.tables import BARS, bucket_of, dataset_of
from cluster.stores.lake.times import instant
from cluster.stores.lake.vintages import missing_as_null, repeats
from market.bars import BAR_SCHEMA, Bars

LIVE = timedelta(days=1)
"""A bar that the lake has within this time of its end was recorded; a later one is backfilled."""


@dataclass(frozen=True)
class Selection:
    """Which bars: `start <= timestamp < end`, known at `as_of`; None leaves a side open."""

    instrument_ids: tuple[str, ...]
    timeframe: str
    start: datetime | None = None
    end: datetime | None = None
    as_of: datetime | None = None

    def where(self) -> Where:
        """The partitions that can hold them, and the condition on single rows."""
        datasets = sorted({dataset_of(instrument_id) for instrument_id in self.instrument_ids})
        buckets = sorted({str(bucket_of(instrument_id)) for instrument_id in self.instrument_ids})
        files: list[tuple[str, str, object]] = [
            ("dataset", "in", datasets),
            ("timeframe", "=", self.timeframe),
            ("bucket", "in", buckets),
        ]
        return Where(files, self._rows())

    def _rows(self) -> pc.Expression:
        """Arrow skips the row groups that cannot meet it."""
        wanted = pc.field("instrument_id").isin(pa.array(self.instrument_ids, pa.string()))
        if self.start is not None:
            wanted &= pc.field("timestamp") >= instant(self.start, "start")
        if self.end is not None:
            wanted &= pc.field("timestamp") < instant(self.end, "end")
        if self.as_of is not None:
            # No bar is known before it opens. The exact cut needs all vintages of a bar.
            wanted &= pc.field("timestamp") <= instant(self.as_of, "as_of")
        return wanted


def spanned(delivery: pa.Table, timeframe: str) -> Selection:
    """The instruments and the span of a delivery; of an empty one, nothing."""
    if delivery.num_rows == 0:
        return Selection((), timeframe)
    span = pc.min_max(delivery["timestamp"]).as_py()
    return Selection(
        instrument_ids=tuple(delivery["instrument_id"].unique().to_pylist()),
        timeframe=timeframe,
        start=span["min"],
        # The end is not included; instants are stored in microseconds.
        end=span["max"] + timedelta(microseconds=1),
    )


def check_delivery(delivery: pa.Table, *, dataset: str, recorded_at: datetime) -> pa.Table:
    """A delivery fit for comparison: BAR_SCHEMA, missing numbers as null.

    Raises BadInput for other columns, foreign instruments, repeated bars, and bars that nobody
    could know yet.
    """
    rows = missing_as_null(_conform(delivery))
    ids = rows["instrument_id"].unique().to_pylist()
    if foreign := sorted(
        instrument_id for instrument_id in ids if dataset_of(instrument_id) != dataset
    ):
        raise BadInput(f"{foreign[0]} does not belong to {dataset}: no bar was written")
    if twice := repeats(rows, BARS.keys):
        raise BadInput(f"{twice} bars of {dataset} come twice in one delivery: none was written")
    future = pc.greater(rows["available_at"], instant(recorded_at, "recorded_at"))
    if early := pc.sum(future).as_py():
        raise BadInput(f"{early} bars of {dataset} end in the future: none was written")
    return rows


def with_partitions(rows: pa.Table, *, dataset: str, timeframe: str) -> pa.Table:
    """BAR_SCHEMA rows with the columns that they are partitioned by."""
    count = rows.num_rows
    # Hashed once an instrument, not once a row.
    ids = rows["instrument_id"].combine_chunks().dictionary_encode()
    buckets = np.array(
        [bucket_of(instrument_id) for instrument_id in ids.dictionary.to_pylist()], dtype=np.int32
    )
    columns = [
        *rows.columns,
        pa.repeat(dataset, count),
        pa.repeat(timeframe, count),
        pa.array(buckets[ids.indices.to_numpy()]),
    ]
    return pa.table(columns, schema=BARS.schema)


def with_vintage(rows: pa.Table) -> pa.Table:
    """The rows, each marked as recorded or backfilled by its two clocks."""
    delay = pc.subtract(rows["recorded_at"], rows["available_at"])
    live = pc.less_equal(delay, pa.scalar(LIVE, delay.type))
    index = rows.schema.get_field_index("vintage")
    marks = pc.if_else(live, "recorded", "backfilled")
    return rows.set_column(index, rows.schema.field(index), marks)


def split(rows: pa.Table) -> dict[str, Bars]:
    """Bars by instrument from a table sorted by instrument."""
    histories, start = {}, 0
    # Counted in the order of first appearance; of sorted rows each count is the length of a run.
    for run in rows["instrument_id"].combine_chunks().value_counts():
        name, count = run["values"].as_py(), run["counts"].as_py()
        histories[name] = Bars.from_arrow(rows.slice(start, count))
        start += count
    return histories


def _conform(delivery: pa.Table) -> pa.Table:
    try:
        rows = delivery.select(BAR_SCHEMA.names).cast(BAR_SCHEMA)
        rows.validate(full=True)
    except (KeyError, pa.ArrowInvalid) as exc:
        raise BadInput(f"the delivery does not have the columns of bars: {exc}") from exc
    if empty := [f.name for f in BAR_SCHEMA if not f.nullable and rows[f.name].null_count]:
        raise BadInput(f"bars without {', '.join(empty)}: nothing was written")
    return rows
