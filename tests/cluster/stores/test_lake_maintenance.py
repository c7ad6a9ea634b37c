"""Compaction and expiry keep every row on both clocks, and every snapshot within the retention."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cluster.stores.lake import Lake
from cluster.stores.lake.maintenance import compact, expire, files

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
