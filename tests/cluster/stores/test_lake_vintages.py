"""What counts as the same row where a column holds lists."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

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
