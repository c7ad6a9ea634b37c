"""Instruments in the lake: rows and objects, and what a delivery adds to the ones that stand."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime

import pyarrow as pa
from deltalake import DeltaTable

from cluster.errors import BadInput
from cluster.stores.lake.tables import INSTRUMENTS, dataset_of
from cluster.stores.lake.validity import check_intervals
from cluster.stores.lake.versioned import reading
from cluster.stores.lake.vintages import Difference, difference, newest, repeats
from market.instruments import Instrument


def read_instruments(table: DeltaTable) -> list[Instrument]:
    """Every symbol of every instrument, as last recorded, sorted by id, symbol and start."""
    return _objects(_standing(table))


def changed_instruments(table: DeltaTable, delivery: pa.Table) -> Difference:
    """The delivery against the instruments that stand.

    Raises BadInput if a symbol of a dataset, or an instrument, would then mean two things on one
    day: nothing is written.
    """
    standing = _standing(table)
    after = {_key(one): one for one in (*_objects(standing), *_objects(delivery))}
    check_intervals(after.values())
    return difference(standing, delivery, INSTRUMENTS.keys)


def to_table(instruments: Iterable[Instrument], *, dataset: str, recorded_at: datetime) -> pa.Table:
    """The instruments as rows. Raises BadInput for one of another dataset or an empty interval."""
    rows = [asdict(one) | {"recorded_at": recorded_at} for one in instruments]
    for row in rows:
        if dataset_of(row["instrument_id"]) != dataset or row["dataset"] != dataset:
            raise BadInput(f"{row['instrument_id']} does not belong to {dataset}")
        if row["valid_to"] is not None and row["valid_to"] <= row["valid_from"]:
            raise BadInput(f"{row['instrument_id']}: symbol {row['symbol']} ends before it begins")
    table = pa.Table.from_pylist(rows, schema=INSTRUMENTS.schema)
    if twice := repeats(table, INSTRUMENTS.keys):
        raise BadInput(f"{twice} instruments of {dataset} come twice in one delivery")
    return table


def _standing(table: DeltaTable) -> pa.Table:
    with reading(table.table_uri):
        rows = table.to_pyarrow_dataset().to_table(columns=INSTRUMENTS.schema.names)
    return newest(rows, INSTRUMENTS.keys).cast(INSTRUMENTS.schema)


def _objects(rows: pa.Table) -> list[Instrument]:
    return [Instrument(**row) for row in rows.drop(["recorded_at"]).to_pylist()]


def _key(one: Instrument) -> tuple[str, str, date]:
    return one.instrument_id, one.symbol, one.valid_from
