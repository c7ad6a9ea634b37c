"""Views of what was known: at each session exactly what a read as of its close gives."""

import tempfile
from datetime import UTC, date, datetime, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cluster.stores.lake import Lake
from cluster.stores.lake.known import views
from market.arrays import from_stamp
from tests.examples import examples

EPOCH = datetime(2024, 1, 1, tzinfo=UTC)
EVER = (date(2024, 1, 1), date(2024, 12, 31))
IDS = ("t:A", "t:B")
HOUR = timedelta(hours=1)

# Deliveries of some days' closes (None is missing), late by some days, recorded some hours after
# they were known: what comes twice is a revision or a silent correction.
deliveries = st.lists(
    st.tuples(
        st.dictionaries(
            st.tuples(st.sampled_from(IDS), st.integers(0, 5)),
            st.one_of(st.none(), st.floats(1, 100)),
            min_size=1,
            max_size=8,
        ),
        st.integers(0, 3),
        st.sampled_from([1, 30, 2000]),
    ),
    min_size=1,
    max_size=4,
)


def deliver(lake, delivery, rows, *, delay=0, after=1):
    table = delivery([(i, day, c) for (i, day), c in rows.items()], delay=timedelta(days=delay))
    newest = max(table["available_at"].to_pylist())
    lake.append_bars("t", "1Day", table, recorded_at=newest + after * HOUR)


def snapshot_of(lake):
    return f"bars@{lake.tables['bars'].delta.version()},instruments@0"


def seen(lake, **options):
    """By instrument and session: when it was known, and the closes as far as it."""
    found = views(
        lake, IDS, snapshot=snapshot_of(lake), **{"start": EVER[0], "end": EVER[1], **options}
    )
    return {
        (name, view.bars.session[row].item()): (known, view.bars.close[: row + 1].tobytes())
        for name, parts in found.items()
        for view in parts
        for row, known in zip(view.rows, view.known_at, strict=True)
    }


def expected(lake):
    """The same by reads as of each time at which something can become known: every midnight."""
    found = {}
    for day in range(1, 11):
        at = EPOCH + timedelta(days=day)
        for name, bars in lake.histories(IDS, timeframe="1Day", as_of=at).items():
            known = np.datetime64(at.replace(tzinfo=None), "us")
            found.setdefault((name, bars.session[-1].item()), (known, bars.close.tobytes()))
    return found


@examples(15)
@given(batch=deliveries)
def test_a_view_is_what_a_read_as_of_that_moment_gives_and_none_is_left_out(delivery, batch):
    with tempfile.TemporaryDirectory() as root:
        lake = Lake(root)
        for rows, delay, after in batch:
            deliver(lake, delivery, rows, delay=delay, after=after)
        assert seen(lake) == expected(lake)


def test_a_late_correction_is_in_no_view_of_an_earlier_session(lake, delivery):
    days = {("t:A", day): 10.0 + day for day in range(4)}
    deliver(lake, delivery, days)
    before = seen(lake)
    deliver(lake, delivery, {("t:A", 1): 99.0}, after=2000)
    assert seen(lake) == before
    deliver(lake, delivery, {("t:A", 4): 14.0})
    # Recorded weeks before the next session ends, the correction is known at it.
    deliver(lake, delivery, {("t:A", 200): 15.0})
    (view,) = views(lake, IDS, snapshot=snapshot_of(lake), start=date(2024, 7, 19), end=EVER[1])[
        "t:A"
    ]
    assert view.bars.close.tolist() == [10.0, 99.0, 12.0, 13.0, 14.0, 15.0]
    assert from_stamp(view.known_at[0]) == EPOCH + timedelta(days=201)


def test_a_bar_that_comes_after_a_later_one_has_no_row_and_is_known_from_then_on(lake, delivery):
    deliver(lake, delivery, {("t:A", 0): 1.0, ("t:A", 2): 3.0, ("t:A", 3): 4.0})
    deliver(lake, delivery, {("t:A", 1): 2.0}, delay=1)
    first, second = views(lake, IDS, snapshot=snapshot_of(lake), start=EVER[0], end=EVER[1])["t:A"]
    assert [first.bars.close.tolist(), second.bars.close.tolist()] == [[1.0], [1.0, 2.0, 3.0, 4.0]]
    assert [first.rows.tolist(), second.rows.tolist()] == [[0], [2, 3]]


def test_a_span_takes_its_sessions_and_leaves_the_history_whole(lake, delivery):
    deliver(lake, delivery, {("t:A", day): float(day) for day in range(6)})
    found = seen(lake, start=date(2024, 1, 3), end=date(2024, 1, 4))
    assert list(found) == [("t:A", date(2024, 1, 3)), ("t:A", date(2024, 1, 4))]
    assert found["t:A", date(2024, 1, 3)][1] == np.arange(3.0).tobytes()


def test_nothing_is_seen_of_an_empty_lake(lake):
    asked = {"snapshot": "bars@0,instruments@0", "start": EVER[0], "end": EVER[1]}
    assert views(lake, (), **asked) == {}
