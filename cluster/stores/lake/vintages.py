"""Rows that supersede each other: which vintage stands, and what a new delivery would change."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from cluster.stores.lake.tables import PROVENANCE
from cluster.stores.lake.times import INSTANT
from market.arrays import Stamps

Mask = NDArray[np.bool_]
Places = NDArray[np.int64]
_MOST = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Difference:
    """A delivery against what stands: rows never seen, rows that say something else, and the rest.

    `superseded` are the standing rows that the restated ones replace, in the same order.
    """

    new: pa.Table
    restated: pa.Table
    superseded: pa.Table
    unchanged: int

    def rows(self, keys: Sequence[str], *, recorded_at: datetime) -> pa.Table:
        """The rows to write, sorted by key and stamped.

        A restatement is recorded after what it replaces, even if this writer's clock is behind.
        """
        stamp = recorded_at
        if self.superseded.num_rows:
            latest = pc.max(self.superseded["recorded_at"]).as_py()
            stamp = max(stamp, latest + timedelta(microseconds=1))
        # One stamp for the whole delivery: a snapshot shows all of it or nothing, and `standing`
        # orders vintages of a key by it, so an equal one would leave the older row standing.
        rows = pa.concat_tables([self.new, self.restated])
        ordered = rows.sort_by([(name, "ascending") for name in keys])
        stamps = pa.repeat(pa.scalar(stamp, INSTANT), ordered.num_rows)
        index = ordered.schema.get_field_index("recorded_at")
        return ordered.set_column(index, ordered.schema.field(index), stamps)


def standing(rows: pa.Table, keys: Sequence[str], *, as_of: datetime | None = None) -> pa.Table:
    """The row recorded last for each key, sorted by key; `rows` must hold every vintage of a key.

    With `as_of`, the last of those known then. A first vintage is known from its `available_at`,
    and so is a later one that names a later time than the one before it. One that keeps the old
    time was corrected silently: nobody knew of it before it was recorded.
    """
    # Sorted once; a key's vintages lie together, the newest last, and every step below is one pass.
    ordered, key = _by_key(rows, keys)
    if as_of is not None:
        # numpy's times know no zone: both sides are UTC and don't say so.
        cut = np.datetime64(as_of.astimezone(UTC).replace(tzinfo=None))
        # What is cut off may have been the last of its key: the ends lie elsewhere then.
        known = known_from(ordered, _begins(key)) <= cut
        ordered, key = ordered.filter(pa.array(known)), key[known]
    last = np.roll(_begins(key), -1)
    # Most reads meet no restatement, and would copy all that they hold.
    return ordered if last.all() else ordered.filter(pa.array(last))


def tellings(rows: pa.Table, keys: Sequence[str]) -> tuple[pa.Table, Stamps]:
    """Every vintage, sorted by key and record, and when each became known, UTC (n,)."""
    ordered, key = _by_key(rows, keys)
    return ordered, known_from(ordered, _begins(key))


def repeats(rows: pa.Table, keys: Sequence[str]) -> int:
    """How many rows repeat the key of another one."""
    # Stable: a delivery mostly comes in order, which this sort takes in one pass.
    return int((np.diff(np.sort(_places(rows, keys), kind="stable")) == 0).sum())


def difference(standing: pa.Table, incoming: pa.Table, keys: Sequence[str]) -> Difference:
    """Compare a delivery (unique keys) with the rows that stand (unique keys, same columns).

    Provenance is not compared: the same bar delivered again is the same bar. Two missing values
    are equal.
    """
    if standing.num_rows == 0:
        nothing = incoming.slice(0, 0)
        return Difference(new=incoming, restated=nothing, superseded=nothing, unchanged=0)
    position = _positions(standing, incoming, keys)
    found = pc.is_valid(position)
    # Both in the order of the delivery: the rows of one key stand in the same place.
    before, after = standing.take(position.drop_null()), incoming.filter(found)
    same = _same_rows(before, after, [n for n in incoming.column_names if n not in PROVENANCE])
    other = pc.invert(same)
    restated = after.filter(other)
    return Difference(
        new=incoming.filter(pc.invert(found)),
        restated=restated,
        superseded=before.filter(other),
        unchanged=after.num_rows - restated.num_rows,
    )


def missing_as_null(rows: pa.Table) -> pa.Table:
    """NaN in a float column becomes null, the one form in which the lake stores a missing number."""
    for index, field in enumerate(rows.schema):
        if pa.types.is_floating(field.type):
            values = rows.column(index)
            kept = pc.if_else(pc.is_nan(values), pa.scalar(None, field.type), values)
            rows = rows.set_column(index, field, kept)
    return rows


def _positions(standing: pa.Table, incoming: pa.Table, keys: Sequence[str]) -> pa.ChunkedArray:
    """For each incoming row the index of the standing row with its key, null if there is none."""
    # A join keeps no order, so both sides carry their places through it.
    left = _numbered(incoming, keys, "_at")
    right = _numbered(standing, keys, "_position")
    joined = left.join(right, keys=list(keys), join_type="left outer")
    return joined.sort_by("_at").column("_position")


def _numbered(rows: pa.Table, keys: Sequence[str], name: str) -> pa.Table:
    return rows.select(list(keys)).append_column(name, pa.array(np.arange(rows.num_rows)))


def _same_rows(before: pa.Table, after: pa.Table, columns: Sequence[str]) -> pa.Array:
    same = pa.array(np.ones(after.num_rows, dtype=bool))
    for name in columns:
        same = pc.and_(same, _same(before.column(name), after.column(name)))
    return same


def _same(before: pa.ChunkedArray, after: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_nested(before.type):
        return _same_lists(before, after)
    # Arrow's comparison with null is null: where one side alone is missing, they differ.
    both_missing = pc.and_(_missing(before), _missing(after))
    return pc.or_(both_missing, pc.fill_null(pc.equal(before, after), fill_value=False))


def _missing(values: pa.ChunkedArray) -> pa.ChunkedArray:
    floating = pa.types.is_floating(values.type)
    return pc.is_null(values, nan_is_null=floating)


def _same_lists(before: pa.ChunkedArray, after: pa.ChunkedArray) -> pa.ChunkedArray:
    """As ``_same`` for lists of numbers or dates, item by item; Arrow itself compares no lists."""
    # A missing list counts as -1: like another missing one, and unlike an empty one.
    lengths = [
        pc.fill_null(pc.list_value_length(column), -1).to_numpy() for column in (before, after)
    ]
    same = lengths[0] == lengths[1]
    alike = pa.array(same)
    items = [pc.list_flatten(column.filter(alike)) for column in (before, after)]
    # Items of all lists lie end to end: the count of differing ones up to each list's end, less that up
    # to the end before, is how many differ within it.
    differ = np.cumsum(~_same(*items).to_numpy())
    ends = np.cumsum(np.maximum(lengths[0][same], 0))
    same[same] = np.diff(np.append(0, differ)[ends], prepend=0) == 0
    return pa.chunked_array([same])


def known_from(ordered: pa.Table, first: Mask) -> Stamps:
    """When each vintage became known, UTC; of rows by key and record, `first` begins a key's."""
    available = ordered.column("available_at").to_numpy().astype("datetime64[us]")
    recorded = ordered.column("recorded_at").to_numpy().astype("datetime64[us]")
    # A later vintage that names a later time was announced then; one that keeps the old time changed
    # history without a word, and to take its word for it would be look-ahead.
    announced = first.copy()
    announced[1:] |= available[1:] > available[:-1]
    known: Stamps = np.where(announced, available, np.maximum(available, recorded))
    return known


def _by_key(rows: pa.Table, keys: Sequence[str]) -> tuple[pa.Table, Places]:
    """The rows by key and record, and their keys as numbers (n,)."""
    key = _places(rows, keys)
    order = np.lexsort((_places(rows, ("recorded_at",)), key))
    # What one append has written stands in order already, and is not copied.
    in_order = bool((order[1:] > order[:-1]).all())
    return rows if in_order else rows.take(pa.array(order)), key[order]


def _places(rows: pa.Table, names: Sequence[str]) -> Places:
    """A number for each row (n,), which orders rows as these columns do, and is equal where all are.

    No value may be missing. To sort such numbers is far cheaper than to sort a table by columns.
    """
    places = np.zeros(rows.num_rows, dtype=np.int64)
    for name in names:
        encoded = rows.column(name).combine_chunks().dictionary_encode()
        ranks = np.argsort(pc.sort_indices(encoded.dictionary).to_numpy())
        if places.max(initial=0) >= _MOST // max(len(ranks), 1):
            places = np.unique(places, return_inverse=True)[1]
        places = places * len(ranks) + ranks[encoded.indices.to_numpy()]
    return places


def _begins(key: Places) -> Mask:
    """True where the row before has another key, shape (n,)."""
    begins = np.ones(len(key), dtype=bool)
    begins[1:] = key[1:] != key[:-1]
    return begins
