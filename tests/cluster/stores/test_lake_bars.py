import pickle
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from cluster.errors import BadInput, NotFound
from cluster.stores.lake import Lake
from market.bars import BAR_SCHEMA

EPOCH = datetime(2024, 1, 1, tzinfo=UTC)
LATER = datetime(2030, 1, 1, tzinfo=UTC)

pytestmark = pytest.mark.parametrize("lake", ["disk", "s3"], indirect=True)


def closes(table):
    return [
        (r["instrument_id"], (r["timestamp"] - EPOCH).days, r["close"]) for r in table.to_pylist()
    ]


def read(lake, ids=("t:A", "t:B"), **options):
    return closes(lake.bars(ids, timeframe="1Day", **options))


def test_reads_back_what_was_written_sorted_by_instrument_and_time(lake, delivery):
    rows = [("t:B", 1, 4.0), ("t:A", 1, 2.0), ("t:B", 0, 3.0), ("t:A", 0, None)]
    result = lake.append_bars("t", "1Day", delivery(rows), recorded_at=LATER)
    assert (result.written, result.unchanged, result.restated) == (4, 0, 0)
    assert read(lake) == sorted(rows)
    table = lake.bars(["t:A"], timeframe="1Day")
    assert table.schema == BAR_SCHEMA
    assert set(table["recorded_at"].to_pylist()) == {LATER}


def test_an_append_repeated_writes_nothing_and_makes_no_commit(lake, delivery):
    rows = delivery([("t:A", 0, 1.0), ("t:A", 1, None)])
    first = lake.append_bars("t", "1Day", rows, recorded_at=LATER)
    again = lake.append_bars("t", "1Day", rows, recorded_at=LATER + timedelta(days=1))
    assert (again.written, again.unchanged, again.version) == (0, 2, first.version)


def test_an_empty_delivery_is_fine_and_writes_nothing(lake, delivery):
    lake.append_bars("t", "1Day", delivery([("t:A", 0, 1.0)]), recorded_at=LATER)
    result = lake.append_bars("t", "1Day", delivery([]), recorded_at=LATER)
    assert (result.written, result.unchanged, result.restated) == (0, 0, 0)


def test_a_lake_travels_to_another_process_by_its_address(lake, delivery):
    lake.append_bars("t", "1Day", delivery([("t:A", 0, 1.0)]), recorded_at=LATER)
    assert read(pickle.loads(pickle.dumps(lake))) == [("t:A", 0, 1.0)]


def test_nan_and_null_are_the_same_missing_number(lake, delivery):
    table = delivery([("t:A", 0, 1.0)])
    index = table.schema.get_field_index("open")
    with_nan = table.set_column(index, table.schema.field(index), pa.array([np.nan]))
    lake.append_bars("t", "1Day", with_nan, recorded_at=LATER)
    assert lake.bars(["t:A"], timeframe="1Day")["open"].to_pylist() == [None]
    assert lake.append_bars("t", "1Day", table, recorded_at=LATER).written == 0


def test_a_changed_row_restates_and_the_earlier_snapshot_still_answers_as_before(lake, delivery):
    lake.append_bars("t", "1Day", delivery([("t:A", 0, 1.0), ("t:A", 1, 2.0)]), recorded_at=LATER)
    before = "bars@1,instruments@0"
    result = lake.append_bars("t", "1Day", delivery([("t:A", 1, 9.0)]), recorded_at=LATER)
    assert (result.written, result.restated) == (1, 1)
    assert read(lake) == [("t:A", 0, 1.0), ("t:A", 1, 9.0)]
    assert read(lake, snapshot=before) == [("t:A", 0, 1.0), ("t:A", 1, 2.0)]


def test_a_restatement_by_a_clock_that_runs_behind_still_supersedes(lake, delivery):
    lake.append_bars("t", "1Day", delivery([("t:A", 0, 1.0)]), recorded_at=LATER)
    behind = LATER - timedelta(hours=1)
    lake.append_bars("t", "1Day", delivery([("t:A", 0, 2.0)]), recorded_at=behind)
    table = lake.bars(["t:A"], timeframe="1Day")
    assert table["close"].to_pylist() == [2.0]
    assert table["recorded_at"].to_pylist() == [LATER + timedelta(microseconds=1)]


def test_as_of_sees_the_first_print_until_its_correction_is_available(lake, delivery):
    lake.append_bars("t", "1Day", delivery([("t:A", 0, 1.0)]), recorded_at=LATER)
    correction = delivery([("t:A", 0, 2.0)], delay=timedelta(days=10))
    lake.append_bars("t", "1Day", correction, recorded_at=LATER)
    assert read(lake, as_of=EPOCH + timedelta(hours=23)) == []
    assert read(lake, as_of=EPOCH + timedelta(days=1)) == [("t:A", 0, 1.0)]
    assert read(lake, as_of=EPOCH + timedelta(days=11)) == [("t:A", 0, 2.0)]


def test_start_is_included_and_end_is_not(lake, delivery):
    lake.append_bars(
        "t", "1Day", delivery([("t:A", d, 1.0 + d) for d in range(5)]), recorded_at=LATER
    )
    found = read(lake, start=EPOCH + timedelta(days=1), end=EPOCH + timedelta(days=3))
    assert [day for _, day, _ in found] == [1, 2]


def test_timeframes_do_not_mix(lake, delivery):
    lake.append_bars("t", "1Day", delivery([("t:A", 0, 1.0)]), recorded_at=LATER)
    assert lake.bars(["t:A"], timeframe="1Min").num_rows == 0


def test_an_empty_lake_answers_no_bars_and_has_no_snapshot(lake):
    assert read(lake) == []
    assert lake.version() == 0
    assert lake.holdings() == []
    with pytest.raises(NotFound, match="trii data ingest"):
        lake.snapshot()


def test_version_grows_with_every_commit_and_is_seen_by_another_reader(lake, delivery):
    reader = Lake(lake.root)
    seen = [reader.version()]
    for day in range(3):
        lake.append_bars("t", "1Day", delivery([("t:A", day, 1.0)]), recorded_at=LATER)
        seen.append(reader.version())
    assert seen == sorted(set(seen))
    assert len(read(reader)) == 3


def test_histories_are_arrays_with_nan_where_missing(lake, delivery):
    rows = [("t:A", 0, 1.0), ("t:A", 1, None), ("t:B", 0, 3.0)]
    lake.append_bars("t", "1Day", delivery(rows), recorded_at=LATER)
    found = lake.histories(["t:B", "t:A", "t:none"], timeframe="1Day")
    assert list(found) == ["t:A", "t:B"]
    np.testing.assert_array_equal(found["t:A"].close, [1.0, np.nan])
    assert found["t:A"].close_only


def test_holdings_tell_rows_sessions_and_bytes(lake, delivery):
    lake.append_bars("t", "1Day", delivery([("t:A", 0, 1.0), ("t:B", 3, 1.0)]), recorded_at=LATER)
    lake.append_bars("t", "1Day", delivery([("t:A", 4, 1.0)]), recorded_at=LATER)
    (held,) = lake.holdings()
    assert (held.dataset, held.timeframe, held.rows) == ("t", "1Day", 3)
    assert (held.first_session, held.last_session) == (EPOCH.date(), date(2024, 1, 5))
    assert held.bytes > 0


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("other:A", 0, 1.0)], "does not belong to t"),
        ([("t:A", 0, 1.0), ("t:A", 0, 2.0)], "1 bars of t come twice"),
        ([("t:A", 20_000, 1.0)], "in the future"),
    ],
)
def test_a_wrong_delivery_is_refused_whole(lake, delivery, rows, message):
    with pytest.raises(BadInput, match=message):
        lake.append_bars("t", "1Day", delivery([("t:Z", 0, 1.0), *rows]), recorded_at=LATER)
    assert lake.version() == 0


def test_a_delivery_without_a_key_column_is_refused(lake, delivery):
    table = delivery([("t:A", 0, 1.0)])
    with pytest.raises(BadInput, match="columns of bars"):
        lake.append_bars("t", "1Day", table.drop(["session"]), recorded_at=LATER)


@pytest.mark.parametrize("option", ["start", "end", "as_of"])
def test_a_naive_time_is_refused_by_name(lake, delivery, option):
    lake.append_bars("t", "1Day", delivery([("t:A", 0, 1.0)]), recorded_at=LATER)
    with pytest.raises(BadInput, match=f"{option}: a time needs its zone"):
        read(lake, **{option: EPOCH.replace(tzinfo=None)})


def test_an_unknown_timeframe_names_the_known_ones(lake):
    with pytest.raises(BadInput, match="1Day, 1Min"):
        lake.bars(["t:A"], timeframe="1Week")


@pytest.mark.parametrize(
    "text",
    ["", "7", "bars@1", "bars@01,instruments@1", "bars@-1,instruments@0", "bars@1,instruments@1\n"],
)
def test_a_malformed_snapshot_id_is_bad_input(lake, text):
    with pytest.raises(BadInput, match="bars@12,instruments@3"):
        lake.bars(["t:A"], timeframe="1Day", snapshot=text)


def test_a_snapshot_of_another_lake_is_not_found(lake, delivery):
    lake.append_bars("t", "1Day", delivery([("t:A", 0, 1.0)]), recorded_at=LATER)
    with pytest.raises(NotFound, match="version 99 does not exist: the newest is 1"):
        read(lake, snapshot="bars@99,instruments@0")
