"""The table of actions: one row each, columns that a kind does not have are null."""

from collections.abc import Iterable
from dataclasses import asdict, fields
from datetime import datetime

import pyarrow as pa

from market.actions.kinds import (
    Action,
    Delisting,
    Dividend,
    Rename,
    SpecialDividend,
    SpinOff,
    Split,
)
from market.bars import INSTANT
from market.errors import DataNotFit
from market.tables import require_columns

ACTION_SCHEMA = pa.schema(
    [
        pa.field("instrument_id", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("ex_date", pa.date32(), nullable=False),
        pa.field("ratio", pa.float64()),  # split, spin-off
        pa.field("amount", pa.float64()),  # dividends
        pa.field("currency", pa.string()),
        pa.field("pay_date", pa.date32()),
        pa.field("child_id", pa.string()),  # spin-off
        pa.field("child_price", pa.float64()),
        pa.field("new_symbol", pa.string()),  # rename
        pa.field("value", pa.float64()),  # delisting
        pa.field("haircut", pa.float64()),
        pa.field("event_id", pa.string()),  # the source's own id
        pa.field("available_at", INSTANT, nullable=False),  # when the market could know it
        pa.field("recorded_at", INSTANT, nullable=False),  # when the lake wrote this vintage
    ]
)
_KINDS: dict[str, type[Action]] = {
    kind.kind: kind for kind in (Split, Dividend, SpecialDividend, SpinOff, Rename, Delisting)
}


def to_arrow(actions: Iterable[Action], *, recorded_at: datetime) -> pa.Table:
    """The actions as an ACTION_SCHEMA table, in the order given."""
    rows = [
        asdict(action) | {"kind": action.kind, "recorded_at": recorded_at} for action in actions
    ]
    return pa.Table.from_pylist(rows, schema=ACTION_SCHEMA)


def from_arrow(table: pa.Table) -> list[Action]:
    """The actions of an ACTION_SCHEMA table, in its order.

    Raises DataNotFit for an unknown kind or a missing column.
    """
    require_columns(table, (name for name in ACTION_SCHEMA.names if name != "recorded_at"))
    return [_action(row) for row in table.to_pylist()]


def _action(row: dict[str, object]) -> Action:
    kind = _KINDS.get(str(row["kind"]))
    if kind is None:
        raise DataNotFit(f"unknown kind of action {row['kind']!r}: expected {', '.join(_KINDS)}")
    # Each class declares what it takes of the row; its own checks run on what is stored.
    own = {field.name: row[field.name] for field in fields(kind) if field.name in row}
    return kind(**own)  # type: ignore[arg-type]  # the row is untyped
