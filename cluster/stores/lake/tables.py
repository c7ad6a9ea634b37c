"""What the lake's tables look like: columns, keys, partitions, and the settings that keep history."""

from dataclasses import dataclass
from datetime import timedelta
from zlib import crc32

import pyarrow as pa

from cluster.stores.lake.refusals import refuse
from cluster.stores.lake.times import INSTANT
from market.actions import ACTION_SCHEMA
from market.bars import BAR_SCHEMA

TIMEFRAMES = ("1Day", "1Min")
# Never to change: rows are stored under their bucket, and looked for in no other.
BUCKETS = 16

RETENTION = timedelta(days=7 * 365 + 2)
"""Seven years with their leap days: as long a snapshot can be read after newer ones stand."""

# A snapshot is a version of the log, so no version may ever be forgotten: Delta would otherwise
# drop old log entries after 30 days. Append-only: a restatement supersedes a row, never removes it.
# After a week Delta would also forget when a compaction replaced a file, and expiry would then go
# by the day on which the file was written.
CONFIGURATION: dict[str, str] = {
    "delta.appendOnly": "true",
    "delta.enableExpiredLogCleanup": "false",
    "delta.deletedFileRetentionDuration": f"interval {RETENTION.days} days",
}

# Where the data came from and when: everything else in a row is what it says.
PROVENANCE = ("recorded_at", "vintage", "snapshot", "job_id")


@dataclass(frozen=True)
class TableSpec:
    """One table: its columns, the columns that identify a row, and its partitions, all in order."""

    name: str
    schema: pa.Schema
    keys: tuple[str, ...]
    partitions: tuple[str, ...] = ()


def _texts(*names: str) -> tuple[pa.Field, ...]:
    return tuple(pa.field(name, pa.string(), nullable=False) for name in names)


_BUCKET = pa.field("bucket", pa.int32(), nullable=False)
_CLOCKS = (
    pa.field("available_at", INSTANT, nullable=False),
    pa.field("recorded_at", INSTANT, nullable=False),
)

BARS = TableSpec(
    name="bars",
    schema=pa.schema([*BAR_SCHEMA, *_texts("dataset", "timeframe"), _BUCKET]),
    keys=("instrument_id", "timestamp"),
    partitions=("dataset", "timeframe", "bucket"),
)

INSTRUMENTS = TableSpec(
    name="instruments",
    schema=pa.schema(
        [
            *_texts("instrument_id", "symbol", "name", "exchange", "calendar", "currency"),
            pa.field("valid_from", pa.date32(), nullable=False),
            pa.field("valid_to", pa.date32()),
            *_texts("dataset", "fields"),
            pa.field("adjusted", pa.bool_(), nullable=False),
            pa.field("synthetic", pa.bool_(), nullable=False),
            pa.field("recorded_at", INSTANT, nullable=False),
            pa.field("lot_size", pa.float64()),
            pa.field("tick_size", pa.float64()),
        ]
    ),
    keys=("instrument_id", "symbol", "valid_from"),
)

ACTIONS = TableSpec(
    name="actions",
    schema=pa.schema(
        [
            *_texts("action_id"),  # `Action.key`: what makes two tellings one action
            *ACTION_SCHEMA,
            pa.field("withdrawn", pa.bool_(), nullable=False),  # announced, then called off
        ]
    ),
    keys=("action_id",),
)

MEMBERS = TableSpec(
    name="universes",
    schema=pa.schema(
        [
            *_texts("universe", "instrument_id"),
            pa.field("start", pa.date32(), nullable=False),
            pa.field("end", pa.date32()),  # half-open; null while it is a member
            *_CLOCKS,
        ]
    ),
    keys=("universe", "instrument_id", "start"),
)

FEATURES = TableSpec(
    name="features",
    schema=pa.schema(
        [
            *_texts("feature_set", "definition", "instrument_id"),  # definition: its hash
            pa.field("session", pa.date32(), nullable=False),
            pa.field("values", pa.list_(pa.float64()), nullable=False),  # as the set's columns
            *_CLOCKS,
            _BUCKET,
        ]
    ),
    keys=("feature_set", "definition", "instrument_id", "session"),
    partitions=("feature_set", "bucket"),
)

SCORES = TableSpec(
    name="scores",
    schema=pa.schema(
        [
            *_texts("model", "version", "instrument_id"),
            pa.field("session", pa.date32(), nullable=False),
            pa.field("horizon", pa.int32(), nullable=False),
            pa.field("value", pa.float64(), nullable=False),
            pa.field("quantiles", pa.list_(pa.float64())),
            pa.field("in_sample", pa.bool_(), nullable=False),
            *_texts("snapshot", "job_id"),
            *_CLOCKS,
            _BUCKET,
        ]
    ),
    keys=("model", "version", "instrument_id", "session", "horizon"),
    partitions=("model", "bucket"),
)

RETURNS = TableSpec(
    name="returns",
    schema=pa.schema(
        [
            *_texts("trial_id"),
            pa.field("sessions", pa.list_(pa.date32()), nullable=False),
            pa.field("returns", pa.list_(pa.float32()), nullable=False),
            pa.field("recorded_at", INSTANT, nullable=False),
        ]
    ),
    keys=("trial_id",),
)

QUARANTINE = TableSpec(
    name="quarantine",
    schema=pa.schema(
        [
            *_texts("row_id", "dataset", "timeframe"),
            *(
                field.with_nullable(nullable=True)
                for field in BAR_SCHEMA
                if field.name != "recorded_at"
            ),
            *_texts("reason", "state"),  # held, accepted or discarded
            pa.field("recorded_at", INSTANT, nullable=False),
        ]
    ),
    keys=("row_id",),
    partitions=("dataset",),
)

# The order of names in a snapshot's id: in another one, ids of before would be refused. Bars
# come first, as `Lake.snapshot` needs it.
TABLES = (BARS, INSTRUMENTS, ACTIONS, MEMBERS, FEATURES, SCORES, RETURNS, QUARANTINE)


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
