"""How bars are best stored: bytes a row, and times to write and read, by encoding, in one run.

python bench/encodings.py

The same rows as 64-bit floats, as cents and as millionths, instants with and without differences.
"""

import shutil
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import ColumnProperties, DeltaTable, WriterProperties, write_deltalake

from market.bars import PRICES
from market.synthetic import SyntheticMarket

RECORDED = datetime(2026, 1, 1, tzinfo=UTC)
INSTANTS = ("timestamp", "available_at")
DIFFERENCES = ColumnProperties(dictionary_enabled=False, encoding="DELTA_BINARY_PACKED")
ROUNDS = 3


def bars() -> dict[str, pa.Table]:
    """Bars of ten instruments: a month of minutes, twenty years of days."""
    market = SyntheticMarket(instruments=10)
    days = [date(2025, 1, 1) + timedelta(days=n) for n in range(30)]
    minutes = [market.minutes(symbol, day) for symbol in market.symbols for day in days]
    daily = [market.daily(symbol, date(2005, 1, 1), date(2025, 1, 1)) for symbol in market.symbols]
    return {
        name: pa.concat_tables(one.to_arrow(recorded_at=RECORDED) for one in parts)
        for name, parts in (("1Min", minutes), ("1Day", daily))
    }


def whole_units(rows: pa.Table, *, a_unit: float) -> pa.Table:
    """Prices as whole multiples of `1 / a_unit`."""
    for name in PRICES:
        index = rows.schema.get_field_index(name)
        units = pc.cast(pc.round(pc.multiply(rows[name], a_unit)), pa.int64())
        rows = rows.set_column(index, name, units)
    return rows


VARIANTS: dict[str, tuple[Callable[[pa.Table], pa.Table], tuple[str, ...]]] = {
    "floats": (lambda rows: rows, ()),
    "floats, instants as differences": (lambda rows: rows, INSTANTS),
    "millionths, all as differences": (
        lambda rows: whole_units(rows, a_unit=1e6),
        (*PRICES, *INSTANTS),
    ),
    "cents, all as differences": (
        lambda rows: whole_units(rows, a_unit=1e2),
        (*PRICES, *INSTANTS),
    ),
}


def measure(rows: pa.Table, columns: tuple[str, ...]) -> tuple[float, float, float]:
    """Bytes a row, and the least milliseconds to write and to read all of it."""
    properties = WriterProperties(
        compression="ZSTD",
        compression_level=3,
        max_row_group_size=65_536,
        column_properties=dict.fromkeys(columns, DIFFERENCES) or None,
    )
    root = Path(tempfile.mkdtemp())
    write = read = float("inf")
    for _ in range(ROUNDS):
        shutil.rmtree(root)
        began = time.perf_counter()
        write_deltalake(root, rows, writer_properties=properties)
        write = min(write, time.perf_counter() - began)
        began = time.perf_counter()
        DeltaTable(root).to_pyarrow_dataset().to_table()
        read = min(read, time.perf_counter() - began)
    size = sum(path.stat().st_size for path in root.rglob("*.parquet"))
    shutil.rmtree(root)
    return size / rows.num_rows, 1000 * write, 1000 * read


def main() -> None:
    for timeframe, rows in bars().items():
        print(
            f"{timeframe}: {rows.num_rows:,} rows, bytes a row, ms to write, ms to read; ratios to the first"
        )
        found = {name: measure(change(rows), how) for name, (change, how) in VARIANTS.items()}
        first = next(iter(found.values()))
        for name, figures in found.items():
            (size, write, read), ratios = figures, zip(figures, first, strict=True)
            beside = "".join(f"{own / other:7.2f}" for own, other in ratios)
            print(f"  {name:34}{size:7.2f}{write:9.0f}{read:8.0f}{beside}")


if __name__ == "__main__":
    main()
