"""What was known of instruments at each of their sessions: bars as a reader of that moment saw them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cluster.stores.lake.announced import Announced, announced
from cluster.stores.lake.bars import Selection
from cluster.stores.lake.keyed import scan
from cluster.stores.lake.lake import Lake
from cluster.stores.lake.snapshots import ABSENT, Snapshot
from cluster.stores.lake.tables import BARS
from cluster.stores.lake.vintages import known_from, standing
from market.arrays import Days, Floats, RowNumbers, Stamps, from_stamp
from market.bars import Bars
from market.features import InstrumentSet
from market.indicators.core.indicator import FIELDS

_KEY = ("timestamp",)
_CLOSES = ("close",)
_EVER = (date.min, date.max)


@dataclass(frozen=True, eq=False)
class View:
    """Bars (n,) of an instrument as a reader saw them: prices adjusted forward, fields not read NaN.

    For each of `rows` the bars up to and with it are exactly what a read of the daily bars gave,
    adjusted forward by the actions known then, as of the time at which that row's bar became known:
    `known_at`, one for each of `rows`.
    """

    bars: Bars
    rows: RowNumbers
    known_at: Stamps

    def features(self, declared: InstrumentSet) -> Floats:
        """The set's values at each of `rows`, (len(rows), k), from what was known then."""
        first = int(self.rows[0])
        return declared.of_bars(self.bars, first=first)[self.rows - first]


@dataclass(frozen=True, eq=False)
class Past:
    """Daily bars of an instrument as they stand, adjusted forward, and the views of their sessions."""

    bars: Bars
    views: tuple[View, ...]

    @classmethod
    def of(cls, bars: Bars) -> "Past":
        """That of bars which were never restated, each known in its turn, without actions."""
        return cls(bars, (View(bars, np.arange(len(bars)), bars.available_at),))

    def features(self, declared: InstrumentSet) -> tuple[RowNumbers, Floats]:
        """Rows of `bars` (r,) in time order, and the set's values (r, k) as known at each."""
        values = [np.empty((0, len(declared.names)))]
        days: list[Days] = [np.empty(0, dtype="datetime64[D]")]
        for view in self.views:
            values.append(view.features(declared))
            days.append(view.bars.session[view.rows])
        rows = np.searchsorted(self.bars.session, np.concatenate(days))
        return rows, np.concatenate(values)


def views(
    lake: Lake,
    instrument_ids: Iterable[str],
    *,
    snapshot: str,
    start: date,
    end: date,
    fields: Iterable[str] = _CLOSES,
) -> dict[str, list[View]]:
    """Views that hold the instruments' sessions from `start` to `end`, in time order, by id.

    One view, where no bar was restated, none came after a later one and no action was told after its
    ex-date. A bar that became known with a later one or after it has no row: nobody ever saw it as
    the last. What became known or was corrected afterwards is in no view of an earlier session.
    Raises DataNotFit for a payment in another currency than that of the prices.
    """
    ids = sorted(set(instrument_ids))
    told = announced(lake, ids, snapshot=snapshot)
    every = _vintages(lake, ids, snapshot, _columns(fields))
    span = np.datetime64(start, "D"), np.datetime64(end, "D")
    return {name: list(_views(rows, told.get(name), *span)) for name, rows in _split(every)}


def pasts(
    lake: Lake, instrument_ids: Iterable[str], *, snapshot: str, fields: Iterable[str] = _CLOSES
) -> list[Past]:
    """The pasts of the instruments that have daily bars, by id. Raises as `views`."""
    ids = sorted(set(instrument_ids))
    told = announced(lake, ids, snapshot=snapshot)
    every = _vintages(lake, ids, snapshot, _columns(fields))
    span = np.datetime64(_EVER[0], "D"), np.datetime64(_EVER[1], "D")
    return [
        Past(_final(rows, told.get(name)), tuple(_views(rows, told.get(name), *span)))
        for name, rows in _split(every)
    ]


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


def _views(
    vintages: pa.Table, told: Announced | None, start: np.datetime64, end: np.datetime64
) -> Iterator[View]:
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
    acted = known[:0] if told is None else told.changes(session, known)
    # When the past changed: a bar came behind a later one, a vintage replaced another, or an action
    # was told after its ex-date.
    changes = np.unique(np.concatenate([known[late], revised, acted]))
    # Between two changes reads differ only by the bars at their end, so the read of a stretch's
    # last row holds those of all its other rows.
    stretch = np.searchsorted(changes, known[asked], "right")
    for number in np.unique(stretch):
        rows = asked[stretch == number]
        at = from_stamp(known[rows[-1]])
        bars = _bars(standing(ordered, _KEY, as_of=at))
        places = np.searchsorted(bars.timestamp, stamps[first][rows])
        seen = bars if told is None else told.adjusted(bars, at=at)
        yield View(seen, places, known[rows])


def _final(vintages: pa.Table, told: Announced | None) -> Bars:
    bars = _bars(standing(vintages, _KEY))
    return bars if told is None else told.adjusted(bars, at=None)


def _columns(fields: Iterable[str]) -> tuple[str, ...]:
    # The close is read whatever is asked for: payments are reinvested at it.
    read = {"close", *fields}
    own = tuple(name for name in FIELDS if name in read)
    return ("instrument_id", "timestamp", "session", *own, "available_at", "recorded_at")


def _bars(rows: pa.Table) -> Bars:
    """Rows of one instrument in time order as bars; a field that was not read is missing."""
    missing = np.full(rows.num_rows, np.nan)
    fields = {
        name: np.asarray(rows[name].to_numpy(), dtype=np.float64)
        if name in rows.column_names
        else missing
        for name in FIELDS
    }
    return Bars(
        rows["instrument_id"][0].as_py(),
        timestamp=_stamps(rows, "timestamp"),
        session=_days(rows),
        **fields,
        available_at=_stamps(rows, "available_at"),
    )


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
