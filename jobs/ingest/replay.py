"""Bars in quarantine judged again by today's rules, calendars and listings."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from cluster.stores.lake import Lake
from jobs.ingest.quarantine import content, settle, write
from jobs.ingest.screening import Screen, by_id
from market.bars import BAR_SCHEMA

_STANDS = "another bar stands at this stamp"


@dataclass(frozen=True)
class Replay:
    """How many bars were committed now, and how many still fail, by reason."""

    accepted: int
    held: dict[str, int]


def replay(lake: Lake, rows: Iterable[dict[str, Any]], *, now: datetime, replace: bool) -> Replay:
    """Judge held bars again by today's rules, calendars and listings; commit those that are good.

    One that would restate a bar that stands is held back unless `replace`. Bars are committed
    before they are marked, so that a replay that dies is simply run again.
    """
    accepted, held = 0, Counter[str]()
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows:
        if row["state"] == "held":
            groups.setdefault((row["dataset"], row["timeframe"]), []).append(row)
    for (dataset, timeframe), group in groups.items():
        good, bad = _judged(lake, timeframe, group, now=now, replace=replace)
        if good:
            bars = _table(good, recorded_at=now).cast(BAR_SCHEMA)
            lake.append_bars(dataset, timeframe, bars, recorded_at=now)
            accepted += settle(lake, good, "accepted", now=now)
        write(lake, dataset, bad, recorded_at=now)
        held.update(row["reason"] for row in bad)
    return Replay(accepted, dict(held))


def _judged(
    lake: Lake, timeframe: str, group: list[dict[str, Any]], *, now: datetime, replace: bool
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Good rows, and rows that fail with what is now their reason."""
    listed = by_id(lake.instruments())
    screen = Screen(timeframe, listed, date.min, date.max, now, thinly_traded=True)
    standing = {} if replace else _standing(lake, timeframe, group)
    good, bad = [], []
    taken: set[tuple[Any, Any]] = set()
    for row in group:
        _, refused = screen.apply(_table([row], recorded_at=now))
        key = (row["instrument_id"], row["timestamp"])
        if refused.num_rows:
            bad.append(row | {"reason": refused["reason"][0].as_py()})
        # Of two held bars of one stamp the first is taken: the other would restate it at once.
        elif key in taken or (key in standing and standing[key] != content(row)):
            bad.append(row | {"reason": _STANDS})
        else:
            taken.add(key)
            good.append(row)
    return good, bad


def _standing(
    lake: Lake, timeframe: str, group: list[dict[str, Any]]
) -> dict[tuple[Any, Any], tuple[Any, ...]]:
    ids = {row["instrument_id"] for row in group if row["instrument_id"]}
    stamps = pa.array({row["timestamp"] for row in group}, BAR_SCHEMA.field("timestamp").type)
    bars = lake.bars(ids, timeframe=timeframe)
    rows = bars.filter(pc.is_in(bars["timestamp"], stamps)).to_pylist()
    return {(row["instrument_id"], row["timestamp"]): content(row) for row in rows}


def _table(rows: list[dict[str, Any]], *, recorded_at: datetime) -> pa.Table:
    loose = pa.schema([field.with_nullable(nullable=True) for field in BAR_SCHEMA])
    return pa.Table.from_pylist([row | {"recorded_at": recorded_at} for row in rows], schema=loose)
