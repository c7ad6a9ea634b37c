"""Races and deaths of writers, with real processes."""

import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cluster.errors import StoreError
from cluster.stores.lake import Lake
from cluster.waiting import wait_until

pytestmark = pytest.mark.slow


WRITER = Path(__file__).with_name("lake_writer.py")
REPOSITORY = Path(__file__).parents[3]
INSTRUMENTS = 32


def start_writer(root, *, batches, rows):
    return subprocess.Popen(
        [sys.executable, WRITER, root, str(batches), str(rows)],
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": str(REPOSITORY)},
    )


def stored_and_distinct(lake):
    """Rows on disk that a version names, and the distinct bars among them."""
    ids = [f"t:{number:02d}" for number in range(INSTRUMENTS)]
    stored = sum(held.rows for held in lake.holdings())
    return stored, lake.bars(ids, timeframe="1Day").num_rows


def test_concurrent_writers_lose_nothing_and_double_nothing(tmp_path):
    writers = [start_writer(tmp_path, batches=6, rows=3) for _ in range(4)]
    outputs = [writer.communicate(timeout=120)[0] for writer in writers]
    assert [writer.returncode for writer in writers] == [0] * 4
    written = sum(int(line) for output in outputs for line in output.split())
    assert stored_and_distinct(Lake(tmp_path)) == (written, written)
    assert written == 6 * 3 * INSTRUMENTS


def test_a_writer_killed_at_any_moment_leaves_whole_commits_and_a_rerun_completes(tmp_path):
    batches, rows, chance = 12, 40, random.Random(7)
    lake, bars = Lake(tmp_path), tmp_path / "bars"
    survived = 0
    for _ in range(6):
        writer = start_writer(tmp_path, batches=batches, rows=rows)
        # Files appear before the commit that names them, so this lands anywhere in a commit.
        named = sum(held.files for held in lake.holdings())
        more = named + chance.randint(1, 24)
        wait_until(
            lambda more=more: len(list(bars.rglob("*.parquet"))) > more,
            timeout_s=60,
            alive=lambda writer=writer: writer.poll() is None,
            every_s=0.002,
        )
        writer.send_signal(signal.SIGKILL)
        writer.communicate(timeout=30)
        stored, distinct = stored_and_distinct(lake)
        assert stored == distinct
        assert stored % (rows * INSTRUMENTS) == 0, "a part of a batch was committed"
        assert stored >= survived, "a commit was lost"
        survived = stored
    last = start_writer(tmp_path, batches=batches, rows=rows)
    last.communicate(timeout=60)
    assert last.returncode == 0
    whole = batches * rows * INSTRUMENTS
    assert stored_and_distinct(lake) == (whole, whole)


@pytest.mark.parametrize("spoil", [Path.unlink, lambda path: path.write_bytes(b"PAR1")])
def test_a_file_that_is_gone_or_cut_is_a_store_failure_with_a_remedy(tmp_path, spoil):
    start_writer(tmp_path, batches=1, rows=1).communicate(timeout=60)
    for path in (tmp_path / "bars").rglob("*.parquet"):
        spoil(path)
    with pytest.raises(StoreError, match=r"bars.* cannot be read.*trii data ingest"):
        Lake(tmp_path).bars(["t:00"], timeframe="1Day")
