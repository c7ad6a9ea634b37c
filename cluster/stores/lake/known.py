"""What was known of instruments at each of their sessions: closes as a reader of that moment saw them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cluster.stores.lake.bars import Selection
from cluster.stores.lake.keyed import scan
from cluster.stores.lake.lake import Lake
from cluster.stores.lake.snapshots import ABSENT, Snapshot
from cluster.stores.lake.tables import BARS
from cluster.stores.lake.vintages import known_from, standing
from market.arrays import Days, Floats, RowNumbers, Stamps, from_stamp

_KEY = ("timestamp",)
_READ = ("instrument_id", "timestamp", "session", "close", "available_at", "recorded_at")


@dataclass(frozen=True, eq=False)
class View:
    """Closes (n,) of an instrument, NaN where missing, with their sessions.

    For each of `rows` the closes up to and with it are exactly what a read of the daily bars gave,
    as of the time at which that row's bar became known: `known_at`, one for each of `rows`.
    """

    session: Days
    close: Floats
    rows: RowNumbers
    known_at: Stamps


def views(
    lake: Lake, instrument_ids: Iterable[str], *, snapshot: str, start: date, end: date
) -> dict[str, list[View]]:
    """Views that hold the instruments' sessions from `start` to `end`, in time order, by id.

    One view, where no bar was restated and none came after a later one. A bar that became known
    with a later one or after it has no row: nobody ever saw it as the last. What became known or
    was corrected afterwards is in no view of an earlier session.
    """
    every = _vintages(lake, instrument_ids, snapshot, _READ)
    return {
        name: list(_views(rows, np.datetime64(start, "D"), np.datetime64(end, "D")))
        for name, rows in _split(every)
    }


def sessions(lake: Lake, instrument_ids: Iterable[str], *, snapshot: str) -> dict[str, Days]:
    """The sessions of daily bars by instrument, sorted; instruments without any are left out."""
    rows = _vintages(lake, instrument_ids, snapshot, ("instrument_id", "timestamp", "session"))
    return {name: np.unique(_days(part)) for name, part in _split(rows)}


def _vintages(
    lake: Lake, instrument_ids: Iterable[str], snapshot: str, columns: Iterable[str]
) -> pa.Table:
    """Every vintage of the daily bars that the snapshot holds, sorted by key."""
    schema = pa.schema([BARS.schema.field(name) for name in columns])
    ids, version = tuple(sorted(set(instrument_ids))), Snapshot.parse(snapshot).of(BARS.name)
    if not ids or version == ABSENT:
        return schema.empty_table()
    where = Selection(ids, "1Day").where()
    rows = scan(lake.tables[BARS.name].delta.at(version), schema, where)
    return rows.sort_by([("instrument_id", "ascending"), ("timestamp", "ascending")])


def _views(vintages: pa.Table, start: np.datetime64, end: np.datetime64) -> Iterator[View]:
    """The views of one instrument: one for each stretch in which nothing changed but new bars."""
    ordered = vintages.sort_by([("timestamp", "ascending"), ("recorded_at", "ascending")])
    stamps = _stamps(ordered, "timestamp")
    first = np.append(True, stamps[1:] != stamps[:-1])
    vintage_known = known_from(ordered, first)
    # When each bar was there first, in whichever of its vintages.
    known = np.minimum.reduceat(vintage_known, np.flatnonzero(first))
    late = _overtaken(known)
    # A vintage that came later than its bar changes what a read of the past gives from then on.
    revised = vintage_known[vintage_known != known[np.cumsum(first) - 1]]
    session = _days(ordered)[first]
    asked = np.flatnonzero(~late & (session >= start) & (session <= end))
    # When the past changed: a bar came behind a later one, or a vintage replaced another.
    changes = np.unique(np.concatenate([known[late], revised]))
    # Between two changes reads differ only by the bars at their end, so the read of a stretch's
    # last row holds those of all its other rows.
    stretch = np.searchsorted(changes, known[asked], "right")
    for number in np.unique(stretch):
        rows = asked[stretch == number]
        seen = standing(ordered, _KEY, as_of=from_stamp(known[rows[-1]]))
        places = np.searchsorted(_stamps(seen, "timestamp"), stamps[first][rows])
        close = np.asarray(seen["close"].to_numpy(), dtype=np.float64)
        yield View(_days(seen), close, places, known[rows])


def _overtaken(known: Stamps) -> NDArray[np.bool_]:
    """Whether a bar was known only when or after a later one was."""
    # Accumulated from the end: when this bar or any later one was known first.
    earliest_from = np.minimum.accumulate(known[::-1])[::-1]
    return np.append(known[:-1] >= earliest_from[1:], False)


def _split(rows: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    """The rows of each instrument; they stand together."""
    start = 0
    # Counted in the order of first appearance; of sorted rows each count is the length of a run.
    for run in rows["instrument_id"].combine_chunks().value_counts():
        count = run["counts"].as_py()
        yield run["values"].as_py(), rows.slice(start, count)
        start += count


def _stamps(rows: pa.Table, name: str) -> Stamps:
    return np.asarray(rows[name].to_numpy(), dtype="datetime64[us]")


def _days(rows: pa.Table) -> Days:
    return np.asarray(rows["session"].to_numpy(), dtype="datetime64[D]")
