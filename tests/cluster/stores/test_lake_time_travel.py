"""The lake against a model of it: a plain list of deliveries, replayed in order."""

import tempfile
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cluster.stores.lake import Lake
from tests.examples import examples

EPOCH = datetime(2024, 1, 1, tzinfo=UTC)
LATER = datetime(2030, 1, 1, tzinfo=UTC)
IDS = ("t:A", "t:B")

Key = tuple[str, int]
# One delivery: a close (None is missing) and a delay in days for each of some bars.
deliveries = st.lists(
    st.tuples(
        st.dictionaries(
            st.tuples(st.sampled_from(IDS), st.integers(0, 4)),
            st.one_of(st.none(), st.floats(0.01, 1e6)),
            min_size=1,
            max_size=6,
        ),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=4,
)
FEW = examples(15)


def fill(lake, delivery, batch):
    """Append every delivery; return the rows of each as the model keeps them."""
    model = []
    for rows, delay in batch:
        table = delivery(
            [(i, day, close) for (i, day), close in rows.items()], delay=timedelta(days=delay)
        )
        lake.append_bars("t", "1Day", table, recorded_at=LATER)
        model.append((rows, delay))
    return model


def expected(model, as_of_day=None):
    """The last vintage of each bar among those known on that day, missing as None.

    All of it was recorded LATER: a correction is known before that only if it says since when.
    """
    standing, vintages = {}, {}
    for rows, delay in model:
        for key, close in rows.items():
            before = vintages.get(key)
            if before is not None and before[0] == close and before[1] == delay:
                continue  # the same row again is no vintage
            vintages[key] = (close, delay)
            announced = before is None or delay > before[1]
            if as_of_day is None or (announced and key[1] + 1 + delay <= as_of_day):
                standing[key] = close
    return standing


def found(lake, **options):
    table = lake.bars(IDS, timeframe="1Day", **options)
    return {
        (row["instrument_id"], (row["timestamp"] - EPOCH).days): row["close"]
        for row in table.to_pylist()
    }


@FEW
@given(batch=deliveries)
def test_a_read_gives_the_last_delivery_of_each_bar(delivery, batch):
    with tempfile.TemporaryDirectory() as root:
        lake = Lake(root)
        model = fill(lake, delivery, batch)
        assert found(lake) == expected(model)


@FEW
@given(batch=deliveries, day=st.integers(0, 9))
def test_as_of_never_sees_a_row_that_becomes_available_later(delivery, batch, day):
    with tempfile.TemporaryDirectory() as root:
        lake = Lake(root)
        model = fill(lake, delivery, batch)
        as_of = EPOCH + timedelta(days=day)
        table = lake.bars(IDS, timeframe="1Day", as_of=as_of)
        assert all(known <= as_of for known in table["available_at"].to_pylist())
        assert found(lake, as_of=as_of) == expected(model, day)


@FEW
@given(batch=deliveries)
def test_no_later_append_changes_what_a_snapshot_answers(delivery, batch):
    with tempfile.TemporaryDirectory() as root:
        lake = Lake(root)
        answers = {}
        for one in batch:
            fill(lake, delivery, [one])
            snapshot = f"bars@{lake.tables['bars'].delta.version()},instruments@0"
            answers.setdefault(snapshot, found(lake))
        assert {snapshot: found(Lake(root), snapshot=snapshot) for snapshot in answers} == answers


@FEW
@given(batch=deliveries)
def test_an_append_twice_is_an_append_once(delivery, batch):
    with tempfile.TemporaryDirectory() as root:
        lake = Lake(root)
        for rows, delay in batch:
            table = delivery(
                [(i, day, close) for (i, day), close in rows.items()], delay=timedelta(days=delay)
            )
            first = lake.append_bars("t", "1Day", table, recorded_at=LATER)
            second = lake.append_bars("t", "1Day", table, recorded_at=LATER)
            assert first.written + first.unchanged == len(rows)
            assert (second.written, second.version) == (0, first.version)
