"""Features in the lake: rows of a declared set, told apart by the hash of its definition."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Unpack

import numpy as np
import pyarrow as pa

from cluster.errors import BadInput
from cluster.stores.lake.by_session import append, delivered, read
from cluster.stores.lake.cut import Sessions
from cluster.stores.lake.keyed import AppendResult
from cluster.stores.lake.lake import Lake
from cluster.stores.lake.tables import FEATURES
from market.arrays import Days, Floats, Stamps
from market.features import CalendarSet, Declared

FEATURE_SCHEMA = delivered(FEATURES)
_PRICES_READ = "prices adjusted forward by what was known at each row"


def definition_of(declared: Declared) -> str:
    """The hash that tells rows apart: of the declaration, and of which prices it is computed from.

    Rows that were computed from raw prices through splits bear the declaration's hash alone.
    """
    if isinstance(declared, CalendarSet):
        return declared.definition_hash
    return hashlib.sha256(f"{declared.definition_hash} {_PRICES_READ}".encode()).hexdigest()


def feature_rows(
    declared: Declared, instrument_id: str, *, session: Days, available_at: Stamps, values: Floats
) -> pa.Table:
    """Rows (FEATURE_SCHEMA) of an instrument: `values` (n, k) in the order of the set's columns.

    `available_at` (n,), UTC, is that of the bar that a row reads last. NaN is stored as missing.
    """
    count, width = len(session), len(declared.names)
    if values.shape != (count, width):
        raise BadInput(f"values have shape {values.shape}: expected {(count, width)}")
    flat = pa.array(np.ascontiguousarray(values).ravel(), from_pandas=True)
    columns = [
        pa.repeat(declared.name, count),
        pa.repeat(definition_of(declared), count),
        pa.repeat(instrument_id, count),
        pa.array(session),
        pa.ListArray.from_arrays(pa.array(np.arange(count + 1, dtype=np.int32) * width), flat),
        pa.array(available_at).cast(FEATURE_SCHEMA.field("available_at").type),
    ]
    return pa.table(columns, schema=FEATURE_SCHEMA)


def append_features(lake: Lake, rows: pa.Table, *, recorded_at: datetime) -> AppendResult:
    """Commit rows that are new or differ from those that stand, in one commit, or raise BadInput."""
    return append(lake, FEATURES, rows, recorded_at=recorded_at)


def features(
    lake: Lake,
    declared: Declared,
    *,
    instrument_ids: Iterable[str] | None = None,
    **sessions: Unpack[Sessions],
) -> pa.Table:
    """The stored rows of exactly this definition, sorted by instrument and session.

    Columns: instrument_id, session, one of each name of the set (null where missing), available_at,
    recorded_at. Sessions from `start` to `end`, both included.
    """
    texts = {"feature_set": [declared.name], "definition": [definition_of(declared)]}
    rows = read(lake, FEATURES, texts, instrument_ids, **sessions)
    # Lists of one definition have one width: end to end, a column is every `width`-th item.
    flat = rows["values"].combine_chunks().flatten()
    width = len(declared.names)
    named = {
        name: flat.take(pa.array(np.arange(rows.num_rows) * width + place))
        for place, name in enumerate(declared.names)
    }
    keys = {name: rows[name] for name in ("instrument_id", "session")}
    clocks = {name: rows[name] for name in ("available_at", "recorded_at")}
    return pa.table({**keys, **named, **clocks})
