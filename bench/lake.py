"""The same daily bars in the lake, in Delta alone (deltalake) and in Iceberg alone (pyiceberg).

python bench/lake.py [INSTRUMENTS] [DAYS]

All are partitioned by a bucket of the instrument, written with zstd and read for one instrument.
Iceberg is measured if `pip install "pyiceberg[sql-sqlite,pyiceberg-core]"` was done; its catalog is SQLite.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import numpy as np
import pyarrow as pa
from deltalake import DeltaTable, WriterProperties, write_deltalake

from cluster.stores.lake import Lake
from cluster.stores.lake.bars import Selection, with_partitions
from cluster.stores.lake.tables import BARS
from market.bars import BAR_SCHEMA

EPOCH = np.datetime64("2000-01-01", "us")
RECORDED_AT = datetime(2040, 1, 1, tzinfo=UTC)
REPEATS = 9


def bars(instruments: int, first_day: int, days: int) -> pa.Table:
    """Random walks rounded to the cent, sorted by instrument and day."""
    count, ids = instruments * days, [f"bench:{n:03d}" for n in range(instruments)]
    opens = np.tile(EPOCH + (first_day + np.arange(days)) * np.timedelta64(1, "D"), instruments)
    walks = np.random.default_rng(7).normal(0, 0.5, (instruments, days)).cumsum(axis=1)
    close = np.round(100 + np.abs(walks), 2).ravel()
    columns = {
        "instrument_id": np.repeat(ids, days),
        "timestamp": opens,
        "session": opens.astype("datetime64[D]"),
        "open": close,
        "high": close + 0.5,
        "low": close - 0.5,
        "close": close,
        "volume": np.round(close * 1000),
        "available_at": opens + np.timedelta64(1, "D"),
        "recorded_at": np.full(count, EPOCH + timedelta(days=1)),
        "vintage": np.full(count, "backfilled"),
    }
    arrays = [
        pa.array(columns[f.name]).cast(f.type) if f.name in columns else pa.nulls(count, f.type)
        for f in BAR_SCHEMA
    ]
    return pa.table(arrays, schema=BAR_SCHEMA)


def timed(action: Callable[[], object]) -> float:
    """Milliseconds of one call."""
    began = time.perf_counter()
    action()
    return 1000 * (time.perf_counter() - began)


class TriiLake:
    """The platform's lake: compares with what stands, then commits; reads the newest vintage."""

    def __init__(self, root: Path) -> None:
        self.lake = Lake(root)

    def append(self, rows: pa.Table) -> None:
        self.lake.append_bars("bench", "1Day", rows, recorded_at=RECORDED_AT)

    def one(self, instrument_id: str) -> int:
        return self.lake.bars([instrument_id], timeframe="1Day").num_rows

    def open_first_version(self) -> None:
        Lake(self.lake.root).bars([], timeframe="1Day", snapshot="bars@1,instruments@0")


class Delta:
    """deltalake alone, with the lake's partitions: no comparison, no vintages."""

    def __init__(self, root: Path) -> None:
        self.uri = str(root)

    def append(self, rows: pa.Table) -> None:
        rows = with_partitions(rows, dataset="bench", timeframe="1Day")
        write_deltalake(
            self.uri,
            rows,
            mode="append",
            partition_by=list(BARS.partitions),
            writer_properties=WriterProperties(compression="ZSTD", compression_level=3),
        )

    def one(self, instrument_id: str) -> int:
        wanted = Selection((instrument_id,), "1Day").where()
        dataset = DeltaTable(self.uri).to_pyarrow_dataset(file_pruning_predicate=wanted.files)
        return dataset.to_table(filter=wanted.rows).num_rows

    def open_first_version(self) -> None:
        DeltaTable(self.uri, version=0)


class Iceberg:
    """pyiceberg alone, bucketed by Iceberg's own transform, with a catalog in SQLite."""

    def __init__(self, root: Path) -> None:
        from pyiceberg.catalog.sql import SqlCatalog  # noqa: PLC0415 - optional
        from pyiceberg.transforms import BucketTransform  # noqa: PLC0415

        self.catalog = SqlCatalog("bench", uri=f"sqlite:///{root}/catalog.db", warehouse=str(root))
        self.catalog.create_namespace("lake")
        table = self.catalog.create_table("lake.bars", schema=BAR_SCHEMA)
        with table.update_spec() as spec:
            spec.add_field("instrument_id", BucketTransform(16), "bucket")

    def append(self, rows: pa.Table) -> None:
        self.catalog.load_table("lake.bars").append(rows)

    def one(self, instrument_id: str) -> int:
        table = self.catalog.load_table("lake.bars")
        return table.scan(row_filter=f"instrument_id = '{instrument_id}'").to_arrow().num_rows

    def open_first_version(self) -> None:
        table = self.catalog.load_table("lake.bars")
        table.scan(snapshot_id=table.history()[0].snapshot_id)


Store = TriiLake | Delta | Iceberg


def measure(store: Store, root: Path, instruments: int, days: int) -> dict[str, float]:
    """Milliseconds by action (the median where it is repeated), and bytes a row after loading."""
    history = bars(instruments, 0, days)
    extra = [bars(instruments, days + n, 1) for n in range(REPEATS)]
    load = timed(lambda: store.append(history))
    size = sum(path.stat().st_size for path in root.rglob("*.parquet"))
    ids = [f"bench:{n:03d}" for n in range(REPEATS)]
    one = median(timed(lambda key=key: store.one(key)) for key in ids)
    day = median(timed(lambda rows=rows: store.append(rows)) for rows in extra)
    if store.one(ids[0]) != days + REPEATS:
        sys.exit("rows are missing")
    return {
        "load all, ms": load,
        "bytes a row": size / (instruments * days),
        "read one instrument, ms": one,
        "append a day, ms": day,
        "read one after these, ms": median(timed(lambda key=key: store.one(key)) for key in ids),
        "open the first version, ms": median(
            timed(store.open_first_version) for _ in range(REPEATS)
        ),
    }


def main() -> None:
    given = [int(argument) for argument in sys.argv[1:3]]
    instruments, days = given + [500, 5040][len(given) :]
    kinds: list[type[Store]] = [TriiLake, Delta, *([Iceberg] if find_spec("pyiceberg") else [])]
    results = {}
    for kind in kinds:
        with tempfile.TemporaryDirectory() as root:
            results[kind.__name__] = measure(kind(Path(root)), Path(root), instruments, days)
    print(f"{instruments} instruments, {days} days, {instruments * days:,} rows")
    for name in results["Delta"]:
        ratio = results["TriiLake"][name] / results["Delta"][name]
        each = (f"{kind}: {result[name]:9.1f}" for kind, result in results.items())
        print(f"{name:28}", *each, f"ratio to Delta {ratio:.2f}")


if __name__ == "__main__":
    main()
