"""What the lake's tables look like: columns, keys, partitions, and the settings that keep history."""

from dataclasses import dataclass
from zlib import crc32

import pyarrow as pa

from cluster.stores.lake.refusals import refuse
from market.bars import BAR_SCHEMA

TIMEFRAMES = ("1Day", "1Min")
BUCKETS = 16

# A snapshot is a version of the log, so no version may ever be forgotten: Delta would otherwise
# drop old log entries after 30 days. Append-only: a restatement supersedes a row, never removes it.
CONFIGURATION: dict[str, str | None] = {
    "delta.appendOnly": "true",
    "delta.enableExpiredLogCleanup": "false",
}

# Where the data came from and when: everything else in a row is what it says.
PROVENANCE = ("recorded_at", "vintage")


@dataclass(frozen=True)
class TableSpec:
    """One table: its columns, the columns that identify a row, and its partitions, all in order."""

    name: str
    schema: pa.Schema
    keys: tuple[str, ...]
    partitions: tuple[str, ...]


BARS = TableSpec(
    name="bars",
    schema=BAR_SCHEMA.append(pa.field("dataset", pa.string(), nullable=False))
    .append(pa.field("timeframe", pa.string(), nullable=False))
    .append(pa.field("bucket", pa.int32(), nullable=False)),
    keys=("instrument_id", "timestamp"),
    partitions=("dataset", "timeframe", "bucket"),
)

INSTRUMENTS = TableSpec(
    name="instruments",
    schema=pa.schema(
        [
            *(
                pa.field(name, pa.string(), nullable=False)
                for name in ("instrument_id", "symbol", "name", "exchange", "calendar", "currency")
            ),
            pa.field("valid_from", pa.date32(), nullable=False),
            pa.field("valid_to", pa.date32()),
            pa.field("dataset", pa.string(), nullable=False),
            pa.field("fields", pa.string(), nullable=False),
            pa.field("adjusted", pa.bool_(), nullable=False),
            pa.field("synthetic", pa.bool_(), nullable=False),
            pa.field("recorded_at", pa.timestamp("us", tz="UTC"), nullable=False),
        ]
    ),
    keys=("instrument_id", "symbol", "valid_from"),
    partitions=(),
)


def bucket_of(instrument_id: str) -> int:
    """The partition bucket of an instrument: the same on every machine and in every release."""
    return crc32(instrument_id.encode()) % BUCKETS


def dataset_of(instrument_id: str) -> str:
    """The dataset that owns an instrument: what stands before the colon of its id."""
    return instrument_id.partition(":")[0]


def check_timeframe(timeframe: str) -> str:
    """The timeframe itself. Raises BadInput if the lake does not keep it."""
    if timeframe not in TIMEFRAMES:
        raise refuse("timeframe", f"unknown, expected one of {', '.join(TIMEFRAMES)}", "unknown")
    return timeframe
