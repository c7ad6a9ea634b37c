"""Bars that validation refused: held with their reason until they are accepted or discarded."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from cluster.errors import BadInput, NotFound
from cluster.stores.lake import Lake
from cluster.stores.lake.keyed import ALL, Where
from cluster.stores.lake.tables import QUARANTINE
from market.bars import BAR_SCHEMA

HeldState = Literal["held", "accepted", "discarded"]
_VALUES = tuple(f.name for f in BAR_SCHEMA if f.name not in {"recorded_at", "vintage"})


def hold(
    lake: Lake, dataset: str, timeframe: str, refused: pa.Table, *, recorded_at: datetime
) -> Counter[str]:
    """Put refused bars (REFUSED_SCHEMA) into quarantine; returns how many are held by reason.

    A bar is told by its content, so that the same one delivered again is not held twice, and one
    that was discarded or accepted before stays so.
    """
    if refused.num_rows == 0:
        return Counter()
    rows = {}
    for row in refused.to_pylist():
        name = _row_id(dataset, timeframe, row)
        own = {"row_id": name, "dataset": dataset, "timeframe": timeframe, "state": "held"}
        rows[name] = row | own
    settled = {row["row_id"] for row in listed(lake, dataset=dataset) if row["state"] != "held"}
    kept = [row for name, row in rows.items() if name not in settled]
    write(lake, dataset, kept, recorded_at=recorded_at)
    return Counter(row["reason"] for row in kept)


def listed(
    lake: Lake, *, dataset: str | None = None, state: HeldState | None = None
) -> list[dict[str, Any]]:
    """The bars in quarantine, in order of dataset, instrument and stamp."""
    rows = lake.tables[QUARANTINE.name].read(_where(dataset))
    if state is not None:
        rows = rows.filter(pc.equal(rows["state"], state))
    order = ("dataset", "timeframe", "instrument_id", "timestamp", "row_id")
    found: list[dict[str, Any]] = rows.sort_by([(name, "ascending") for name in order]).to_pylist()
    return found


def find(lake: Lake, row_ids: Sequence[str]) -> list[dict[str, Any]]:
    """The bars of these ids or beginnings of ids. Raises NotFound, BadInput if one means several."""
    rows = listed(lake)
    found = []
    for wanted in row_ids:
        hits = [row for row in rows if row["row_id"].startswith(wanted)]
        if not hits:
            raise NotFound(f"quarantine has no bar {wanted!r}: `trii data quarantine list`")
        if len(hits) > 1:
            raise BadInput(f"{wanted!r} begins the ids of {len(hits)} bars: give more of it")
        found += hits
    return found


def discard(lake: Lake, rows: Iterable[dict[str, Any]], *, now: datetime) -> int:
    """Settle held bars as wrong for good; returns how many."""
    return settle(lake, rows, "discarded", now=now)


def settle(lake: Lake, rows: Iterable[dict[str, Any]], state: HeldState, *, now: datetime) -> int:
    """Settle held bars in a state; returns how many."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        if row["state"] == "held":
            groups.setdefault(row["dataset"], []).append(row | {"state": state})
    for dataset, group in groups.items():
        write(lake, dataset, group, recorded_at=now)
    return sum(map(len, groups.values()))


def write(lake: Lake, dataset: str, rows: list[dict[str, Any]], *, recorded_at: datetime) -> None:
    """Put rows into the table, as they are but for the stamp."""
    if rows:
        stamped = [row | {"recorded_at": recorded_at} for row in rows]
        table = pa.Table.from_pylist(stamped, schema=QUARANTINE.schema)
        lake.tables[QUARANTINE.name].append(table, recorded_at=recorded_at, where=_where(dataset))


def _row_id(dataset: str, timeframe: str, row: dict[str, Any]) -> str:
    text = "\x1f".join(map(str, (dataset, timeframe, *content(row))))
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def content(row: dict[str, Any]) -> tuple[Any, ...]:
    """What a bar says; a NaN and a missing number are the same."""
    return tuple(None if row[name] != row[name] else row[name] for name in _VALUES)


def _where(dataset: str | None) -> Where:
    return ALL if dataset is None else Where(files=[("dataset", "=", dataset)])
