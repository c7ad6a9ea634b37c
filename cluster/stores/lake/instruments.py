"""Instruments in the lake: rows and objects, and what a delivery adds to the ones that stand."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

import pyarrow as pa

from cluster.errors import BadInput
from cluster.stores.lake.tables import INSTRUMENTS, dataset_of
from cluster.stores.lake.validity import check_intervals
from market.currencies import CURRENCIES
from market.instruments import Instrument


def to_objects(rows: pa.Table) -> list[Instrument]:
    """Every symbol of every instrument, in the order of the rows.

    An interval that a later row of the same instrument and symbol covers is no longer one: the
    symbol is known for longer now.
    """
    held = rows.to_pylist()
    of: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in held:
        of[row["instrument_id"], row["symbol"]].append(row)
    standing = [
        row
        for row in held
        if not any(_covers(other, row) for other in of[row["instrument_id"], row["symbol"]])
    ]
    return [
        Instrument(**{name: value for name, value in row.items() if name != "recorded_at"})
        for row in standing
    ]


def check_symbols(standing: pa.Table, delivery: pa.Table) -> None:
    """Raise BadInput if a symbol of a dataset, or an instrument, would mean two things on one day."""
    # By key, the delivery last: what it says again or otherwise replaces what stands.
    after = {_key(row): row for row in (*standing.to_pylist(), *delivery.to_pylist())}
    check_intervals(to_objects(pa.Table.from_pylist(list(after.values()), INSTRUMENTS.schema)))


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


def _key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in INSTRUMENTS.keys)


def _covers(later: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    """Whether a row that was recorded later says the same symbol of a longer time."""
    if later["recorded_at"] <= row["recorded_at"] or later["valid_from"] > row["valid_from"]:
        return False
    ends = later["valid_to"], row["valid_to"]
    return ends[0] is None or (ends[1] is not None and ends[1] <= ends[0])
