"""Compaction and expiry keep every row on both clocks, and every snapshot within the retention."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from deltalake import DeltaTable

from cluster.errors import BadInput
from cluster.stores.lake import Lake
from cluster.stores.lake.claim import claimed
from cluster.stores.lake.maintenance import compact, expire, files

pytestmark = pytest.mark.slow


EPOCH = datetime(2024, 1, 1, tzinfo=UTC)
LATER = datetime(2030, 1, 1, tzinfo=UTC)
WEEK = timedelta(days=8)  # Delta refuses less than seven days
IDS = tuple(f"t:{number}" for number in range(8))


@pytest.fixture
def lake(tmp_path):
    """On a disk: these tests look at the files themselves."""
    return Lake(tmp_path / "lake")


@pytest.fixture
def daily(lake, delivery, make_instrument):
    """Twelve days of eight instruments, a commit a day, and then a restated day."""
    lake.append_instruments("t", [make_instrument(one, one) for one in IDS], recorded_at=LATER)
    for day in range(12):
        rows = [(one, day, 1.0 + day) for one in IDS]
        lake.append_bars("t", "1Day", delivery(rows), recorded_at=LATER)
    before = lake.snapshot()
    lake.append_bars("t", "1Day", delivery([(IDS[0], 3, 99.0)]), recorded_at=LATER)
    return lake, before


def read(lake, **options):
    return lake.bars(IDS, timeframe="1Day", **options).to_pylist()


def test_compaction_joins_files_and_changes_no_answer(daily):
    lake, before = daily
    now, then = read(lake), read(lake, snapshot=before)
    early = read(lake, as_of=EPOCH + timedelta(days=6))
    (done,) = compact(lake, at_least=2)
    assert (done.table, done.files_after < done.files_before / 4) == ("bars", True)
    again = Lake(lake.root)
    assert read(again) == now
    assert read(again, as_of=EPOCH + timedelta(days=6)) == early
    assert read(again, snapshot=before) == then
    assert sum(held.rows for held in lake.holdings()) == 12 * 8 + 1


def test_partitions_of_few_files_are_left_alone(daily):
    lake, _ = daily
    assert compact(lake, at_least=100) == []


def test_a_writer_goes_on_after_a_compaction(daily, delivery):
    lake, _ = daily
    compact(lake, at_least=2)
    result = lake.append_bars("t", "1Day", delivery([(IDS[0], 12, 5.0)]), recorded_at=LATER)
    assert (result.written, len(read(lake))) == (1, 12 * 8 + 1)


def test_a_snapshot_names_its_exact_files_and_no_later_commit_changes_them(daily):
    lake, before = daily
    named = files(lake, before)
    assert {one.table for one in named} == {"bars", "instruments"}
    assert sum(one.rows for one in named if one.table == "bars") == 12 * 8
    assert all((Path(lake.root) / one.path).stat().st_size == one.bytes for one in named)
    compact(lake, at_least=2)
    assert files(lake, before) == named
    assert all((Path(lake.root) / one.path).exists() for one in named)


def test_expiry_within_the_retention_removes_nothing_that_a_snapshot_reads(daily):
    lake, before = daily
    then = read(lake, snapshot=before)
    compact(lake, at_least=2)
    assert expire(lake) == 0
    assert read(Lake(lake.root), snapshot=before) == then


def test_what_a_dead_writer_left_behind_is_removed_once_it_is_old(daily):
    lake, _ = daily
    orphan = next((Path(lake.root) / "bars").rglob("*.parquet")).with_name("dead.parquet")
    orphan.write_bytes(b"half a file")
    now = read(lake)
    assert expire(lake, retention=WEEK) == 0, "a running writer may have begun it"
    aged = (datetime.now(UTC) - timedelta(days=9)).timestamp()
    os.utime(orphan, (aged, aged))
    assert expire(lake, retention=WEEK) >= 1
    assert not orphan.exists()
    assert read(Lake(lake.root)) == now


def test_two_compactions_at_once_double_no_row(daily):
    lake, _ = daily
    now = read(lake)
    for _ in range(3):
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda _: compact(Lake(lake.root), at_least=1), range(2)))
    assert sum(held.rows for held in lake.holdings()) == 12 * 8 + 1
    assert read(Lake(lake.root)) == now


def test_a_compaction_that_died_keeps_others_out_for_half_a_day(daily):
    lake, _ = daily
    begun = datetime(2026, 1, 5, 6, tzinfo=UTC)
    with pytest.raises(KeyboardInterrupt), claimed(DeltaTable(f"{lake.root}/bars"), now=begun):
        raise KeyboardInterrupt  # ends its claim, as an error does
    dead = claimed(DeltaTable(f"{lake.root}/bars"), now=begun)
    assert dead.__enter__()
    assert compact(lake, at_least=2, clock=lambda: begun + timedelta(hours=11)) == []
    (done,) = compact(lake, at_least=2, clock=lambda: begun + timedelta(hours=12))
    assert done.table == "bars"


@pytest.mark.parametrize("known_to_the_table", [True, False])
def test_what_a_snapshot_within_the_retention_reads_stays_however_old_its_files_are(
    daily, known_to_the_table
):
    """Written 40 days ago and compacted 10 days ago: 30 days must still bring back the snapshot."""
    lake, before = daily
    then = read(lake, snapshot=before)
    if not known_to_the_table:
        forget_retention(lake)
        assert expire(lake) == 0  # which teaches it
    compact(lake, at_least=2)
    age(lake, written=40, replaced=10)
    DeltaTable(f"{lake.root}/bars").create_checkpoint()
    assert expire(Lake(lake.root), retention=timedelta(days=30)) == 0
    assert read(Lake(lake.root), snapshot=before) == then
    assert expire(Lake(lake.root), retention=WEEK) >= 12


def test_a_retention_that_is_shorter_than_a_commit_may_take_is_refused(daily):
    lake, _ = daily
    with pytest.raises(BadInput, match="expected 7 days or more"):
        expire(lake, retention=timedelta(days=6))


def age(lake, *, written, replaced):
    """Make the files of the bars look written, and those that were compacted replaced, days ago."""
    then = datetime.now(UTC) - timedelta(days=written)
    for file in (Path(lake.root) / "bars").glob("dataset=*/**/*.parquet"):
        os.utime(file, (then.timestamp(),) * 2)
    at = int((datetime.now(UTC) - timedelta(days=replaced)).timestamp() * 1000)

    def replaced_then(action):
        if "remove" in action:
            action["remove"]["deletionTimestamp"] = at

    rewrite_log(lake, replaced_then)


def forget_retention(lake):
    """The table as an earlier release made it."""

    def forget(action):
        if "metaData" in action:
            del action["metaData"]["configuration"]["delta.deletedFileRetentionDuration"]

    rewrite_log(lake, forget)


def rewrite_log(lake, change):
    for file in (Path(lake.root) / "bars" / "_delta_log").glob("*.json"):
        actions = [json.loads(line) for line in file.read_text().splitlines()]
        for action in actions:
            change(action)
        file.write_text("".join(f"{json.dumps(action)}\n" for action in actions))
