"""A writer process: append batches 0 to N-1 to a lake, each in one commit, and print what was new.

python lake_writer.py ROOT BATCHES ROWS: batch b holds ROWS days of each of 32 instruments. Every
writer delivers the same rows, so that whatever writers do, each row may be in the lake once.
"""

import sys
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa

from cluster.stores.lake import Lake
from market.bars import BAR_SCHEMA

IDS = [f"t:{number:02d}" for number in range(32)]
EPOCH = np.datetime64("2000-01-01", "us")
RECORDED_AT = datetime(2030, 1, 1, tzinfo=UTC)


def batch(number: int, rows: int) -> pa.Table:
    days = EPOCH + (number * rows + np.arange(rows)) * np.timedelta64(1, "D")
    stamps = np.tile(days, len(IDS))
    count = len(stamps)
    columns = {
        "instrument_id": np.repeat(IDS, rows),
        "timestamp": stamps,
        "session": stamps.astype("datetime64[D]"),
        "close": np.arange(count, dtype=np.float64) + number,
        "available_at": stamps + np.timedelta64(1, "D"),
        "recorded_at": np.full(count, EPOCH + timedelta(days=1)),
        "vintage": np.full(count, "backfilled"),
    }
    return pa.table(
        [
            pa.array(columns[f.name]).cast(f.type) if f.name in columns else pa.nulls(count, f.type)
            for f in BAR_SCHEMA
        ],
        schema=BAR_SCHEMA,
    )


def main() -> None:
    lake, batches, rows = Lake(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    for number in range(batches):
        result = lake.append_bars("t", "1Day", batch(number, rows), recorded_at=RECORDED_AT)
        sys.stdout.write(f"{result.written}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
