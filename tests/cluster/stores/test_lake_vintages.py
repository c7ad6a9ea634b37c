"""What counts as the same row, and as the same key."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from cluster.stores.lake import vintages
from cluster.stores.lake.vintages import difference

items = st.one_of(st.none(), st.lists(st.sampled_from([0.5, 1.5, float("nan")]), max_size=3))


@given(pairs=st.lists(st.tuples(items, items), max_size=6))
def test_lists_are_the_same_row_exactly_if_they_are_equal_item_by_item(pairs):
    keys = [str(at) for at in range(len(pairs))]
    schema = pa.schema([("key", pa.string()), ("values", pa.list_(pa.float64()))])
    before, after = (
        pa.table([keys, [pair[side] for pair in pairs]], schema=schema) for side in (0, 1)
    )
    found = difference(before, after, ["key"])
    changed = [key for key, pair in zip(keys, pairs, strict=True) if repr(pair[0]) != repr(pair[1])]
    assert sorted(found.restated["key"].to_pylist()) == changed
    assert found.unchanged == len(pairs) - len(changed)


def test_keys_of_any_number_of_values_are_told_apart(monkeypatch):
    count = 400
    drawn = np.random.default_rng(3).permutation(count)
    rows = pa.table(
        {
            "name": [f"n{place % 20}" for place in drawn],
            "session": pa.array((drawn // 40).astype(np.int32)).cast(pa.date32()),
            "recorded_at": pa.array(drawn, pa.timestamp("us", tz="UTC")),
        }
    )
    found = vintages.standing(rows, ("name", "session"))
    assert found["recorded_at"].cast(pa.int64()).to_pylist() == sorted(
        (place for place in range(count) if place % 40 >= 20),
        key=lambda place: (f"n{place % 20}", place // 40),
    )
    monkeypatch.setattr(vintages, "_MOST", 30)  # more columns than one number has room for
    assert vintages.standing(rows, ("name", "session")) == found
