"""SQL sees the rows that the lake's own reads see, on both clocks."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cluster.errors import BadInput, NotFound
from cluster.stores.lake import Lake
from cluster.stores.lake import sql as lake_sql
from tests.examples import examples

EPOCH = datetime(2024, 1, 1, tzinfo=UTC)
LATER = datetime(2030, 1, 1, tzinfo=UTC)
IDS = ("t:A", "t:B")

deliveries = st.lists(
    st.tuples(
        st.dictionaries(
            st.tuples(st.sampled_from(IDS), st.integers(0, 3)), st.floats(1, 9), min_size=1
        ),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=3,
)


@pytest.fixture
def lake(tmp_path, delivery, make_instrument):
    lake = Lake(tmp_path / "lake")
    lake.append_instruments("t", [make_instrument(one, one[-1]) for one in IDS], recorded_at=LATER)
    lake.append_bars(
        "t", "1Day", delivery([(one, day, 1.0 + day) for one in IDS for day in range(4)]),
        recorded_at=LATER,
    )  # fmt: skip
    return lake


def closes(connection):
    statement = "SELECT instrument_id, timestamp, close FROM bars ORDER BY ALL"
    return [tuple(row.values()) for row in lake_sql.query(connection, statement).to_pylist()]


def test_a_restated_bar_is_seen_once_and_its_vintages_both(lake, delivery):
    before = lake.snapshot()
    lake.append_bars("t", "1Day", delivery([("t:A", 0, 9.0)]), recorded_at=LATER)
    connection = lake_sql.connect(lake)
    assert [close for _, _, close in closes(connection)][:2] == [9.0, 2.0]
    assert len(closes(connection)) == 8
    assert connection.execute("SELECT count(*) FROM bars_vintages").fetchone() == (9,)
    assert closes(lake_sql.connect(lake, snapshot=before))[0][2] == 1.0


@examples(12)
@given(batch=deliveries, day=st.integers(0, 8))
def test_a_cut_shows_exactly_what_the_lakes_own_read_shows(
    delivery, make_instrument, tmp_path_factory, batch, day
):
    lake = Lake(tmp_path_factory.mktemp("lake"))
    lake.append_instruments("t", [make_instrument("t:A", "A")], recorded_at=LATER)
    for rows, delay in batch:
        table = delivery([(i, d, c) for (i, d), c in rows.items()], delay=timedelta(days=delay))
        lake.append_bars("t", "1Day", table, recorded_at=LATER)
    as_of = EPOCH + timedelta(days=day)
    own = lake.bars(IDS, timeframe="1Day", as_of=as_of).to_pylist()
    expected = [(row["instrument_id"], row["timestamp"], row["close"]) for row in own]
    assert closes(lake_sql.connect(lake, as_of=as_of)) == expected


def test_an_asof_join_finds_the_last_close_known_at_a_time(lake):
    statement = """
        SELECT q.instrument_id, b.close
        FROM (VALUES ('t:A', TIMESTAMPTZ '2024-01-03 12:00+00')) q(instrument_id, asked_at)
        ASOF JOIN bars b ON q.instrument_id = b.instrument_id AND q.asked_at >= b.available_at
    """
    assert lake_sql.query(lake_sql.connect(lake), statement).to_pylist() == [
        {"instrument_id": "t:A", "close": 2.0}
    ]


def test_a_wrong_statement_is_one_line_of_bad_input(lake):
    with pytest.raises(BadInput, match=r"sql: .*barz") as caught:
        lake_sql.query(lake_sql.connect(lake), "SELECT * FROM barz")
    assert "\n" not in str(caught.value)


def test_an_empty_lake_says_how_to_fill_it(tmp_path):
    with pytest.raises(NotFound, match="trii data ingest"):
        lake_sql.connect(Lake(tmp_path))
