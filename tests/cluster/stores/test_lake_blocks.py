"""Blocks of a pinned read: together the whole, and no instrument in two of them."""

import pickle
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from cluster.stores.lake import Lake
from cluster.stores.lake.blocks import blocks
from cluster.stores.lake.ray_data import dataset

LATER = datetime(2030, 1, 1, tzinfo=UTC)
IDS = [f"t:{number:02d}" for number in range(10)]


@pytest.fixture
def lake(tmp_path, delivery, make_instrument):
    lake = Lake(tmp_path / "lake")
    lake.append_instruments("t", [make_instrument(one, one) for one in IDS], recorded_at=LATER)
    rows = delivery([(one, day, 1.0 + day) for one in IDS for day in range(5)])
    lake.append_bars("t", "1Day", rows, recorded_at=LATER)
    return lake


@pytest.mark.parametrize("count", [1, 3, 10, 99])
def test_blocks_are_the_whole_read_whatever_their_number(lake, count):
    parts = blocks(lake, IDS, timeframe="1Day", count=count)
    assert len(parts) == min(count, len(IDS))
    whole = pa.concat_tables(part.read() for part in parts)
    assert whole.equals(lake.bars(IDS, timeframe="1Day"))


def test_a_block_reads_the_snapshot_that_it_was_made_of_wherever_it_travels(lake, delivery):
    (block,) = pickle.loads(pickle.dumps(blocks(lake, IDS[:1], timeframe="1Day")))
    lake.append_bars("t", "1Day", delivery([(IDS[0], 0, 9.0)]), recorded_at=LATER)
    assert block.read()["close"].to_pylist()[0] == 1.0


@pytest.mark.filterwarnings("default")  # Ray's own
@pytest.mark.usefixtures("ray_cluster")
def test_ray_data_reads_what_the_lake_reads_and_keeps_each_instrument_together(lake):
    parts = blocks(lake, IDS, timeframe="1Day", count=4)
    read = dataset(parts).map_batches(_first_last, batch_size=None, batch_format="pyarrow")
    spans = {row["instrument_id"]: (row["first"], row["last"]) for row in read.take_all()}
    assert spans == dict.fromkeys(IDS, (1.0, 5.0))
    whole = pa.concat_tables(dataset(parts).iter_batches(batch_size=None, batch_format="pyarrow"))
    assert whole.sort_by("instrument_id").equals(lake.bars(IDS, timeframe="1Day"))


def _first_last(rows: pa.Table) -> pa.Table:
    """An instrument cut in two would have two rows."""
    found = rows.group_by("instrument_id", use_threads=False).aggregate(
        [("close", "first"), ("close", "last")]
    )
    return found.rename_columns(["instrument_id", "first", "last"])
