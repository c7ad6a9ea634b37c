"""Instruments in the lake: rows and objects, and what a delivery adds to the ones that stand."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime

import pyarrow as pa

from cluster.errors import BadInput
from cluster.stores.lake.tables import INSTRUMENTS, dataset_of
from cluster.stores.lake.validity import check_intervals
from market.currencies import CURRENCIES
from market.instruments import Instrument


def to_objects(rows: pa.Table) -> list[Instrument]:
    """Every symbol of every instrument, in the order of the rows."""
    return [Instrument(**row) for row in rows.drop(["recorded_at"]).to_pylist()]


def check_symbols(standing: pa.Table, delivery: pa.Table) -> None:
    """Raise BadInput if a symbol of a dataset, or an instrument, would mean two things on one day."""
    # By key, the delivery last: what it says again or otherwise replaces what stands.
    after = {
        _key(instrument): instrument
        for instrument in (*to_objects(standing), *to_objects(delivery))
    }
    check_intervals(after.values())


def to_table(instruments: Iterable[Instrument], *, dataset: str, recorded_at: datetime) -> pa.Table:
    """The instruments as rows.

    Raises BadInput for one of another dataset, an empty interval or an unknown currency.
    """
    rows = [asdict(instrument) | {"recorded_at": recorded_at} for instrument in instruments]
    for row in rows:
        if dataset_of(row["instrument_id"]) != dataset or row["dataset"] != dataset:
            raise BadInput(f"{row['instrument_id']} does not belong to {dataset}")
        if row["valid_to"] is not None and row["valid_to"] <= row["valid_from"]:
            raise BadInput(f"{row['instrument_id']}: symbol {row['symbol']} ends before it begins")
        if row["currency"] not in CURRENCIES:
            raise BadInput(
                f"{row['instrument_id']}: unknown currency {row['currency'][:8]!r}: expected a code "
                "of ISO 4217 such as USD"
            )
    return pa.Table.from_pylist(rows, schema=INSTRUMENTS.schema)


def _key(instrument: Instrument) -> tuple[str, str, date]:
    return instrument.instrument_id, instrument.symbol, instrument.valid_from
