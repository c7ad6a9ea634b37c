"""Deliveries of one instrument with faults put in: where they are, and what arrives."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from market.arrays import from_day
from market.synthetic.randomness import Stream, uniforms
from market.worlds.faults import KINDS, Fault, FaultKind, Timeframe
from market.worlds.tables import Row, delivered, joined, replaced, rounded, rows_of
from market.worlds.trading import Trading

FEWEST = 300
"""Sessions of a world that leave every instrument room for all its faults."""
_LONGEST = 6  # sessions that a fault of daily bars spans, so that none touches the next
_MARGIN = 5  # sessions without faults at both ends of a life


@dataclass(frozen=True, slots=True)
class Place:
    """A fault's session, and the bar of it that it begins with (0 in daily bars)."""

    kind: FaultKind
    row: int
    bar: int


def places(trading: Trading, timeframe: Timeframe) -> list[Place]:
    """One place for each kind of fault, in order of session: at most one fault a session.

    The life is cut into as many spells as there are kinds, which take them in drawn order.
    """
    kinds = KINDS[timeframe]
    member = 2 * trading.index + int(timeframe == "1Min")
    u = uniforms(trading.paths.seed, Stream.WORLD_FAULT, member, first=0, rows=len(kinds), width=4)
    place_u, order_u, bar_u, _spare = u.T
    first = trading.life.first + _MARGIN
    width = (trading.life.stop - _MARGIN - first) // len(kinds)
    rows = first + width * np.arange(len(kinds)) + (place_u * (width - _LONGEST)).astype(np.int64)
    order = np.argsort(order_u).tolist()
    return [
        Place(kinds[kind], row, _bar(trading, row, kinds[kind], timeframe, share))
        for kind, row, share in zip(order, rows.tolist(), bar_u.tolist(), strict=True)
    ]


def _bar(trading: Trading, row: int, kind: FaultKind, timeframe: Timeframe, share: float) -> int:
    """Neither the first nor the last bar of a session, but for what concerns the whole of it."""
    if timeframe == "1Day" or kind.name in {"missing session", "off-session bar"}:
        return 0
    room = int(trading.paths.hours.counts[row]) - kind.count - 2
    return 1 + int(share * room)


def minutes_delivered(trading: Trading, row: int) -> pa.Table:
    """The minutes of one session as they arrived."""
    table = delivered(trading.minutes(row))
    for place in places(trading, "1Min"):
        if place.row == row:
            table = _changed(trading, table, place, place.bar, whole=table.num_rows)
    return table


def days_delivered(trading: Trading, rows: range) -> pa.Table:
    """Daily bars of those sessions as they arrived.

    What began before, or swaps the last of them with the next, is there as in the whole delivery.
    """
    wide = range(
        max(rows.start - _LONGEST, trading.life.first), min(rows.stop + 1, trading.life.stop)
    )
    table = delivered(trading.days(wide))
    # From the end, so that earlier places stay what they are.
    for place in reversed(places(trading, "1Day")):
        if place.row in wide:
            table = _changed(trading, table, place, place.row - wide.start, whole=1)
    days = table.column("session").to_numpy().astype("datetime64[D]")
    known = trading.paths.hours.days
    inside = np.isin(days, known[rows.start : rows.stop])
    return table.filter(pa.array(inside)).combine_chunks()


def faults(trading: Trading, timeframe: Timeframe) -> tuple[Fault, ...]:
    """What is wrong with the deliveries of that timeframe, by session."""
    return tuple(_fault(trading, place, timeframe) for place in places(trading, timeframe))


def _fault(trading: Trading, place: Place, timeframe: Timeframe) -> Fault:
    kind, hours = place.kind, trading.paths.hours
    if timeframe == "1Day":
        table = delivered(trading.days(range(place.row, place.row + max(kind.count, 1))))
    else:
        table = delivered(trading.minutes(place.row))
    # 0 stands for all bars of a session.
    count = kind.count or table.num_rows
    clean = rows_of(table, place.bar, count)
    told = _told(trading, kind, clean)
    # A stray bar is the first of what was told, and concerns no other.
    begins = told[0] if kind.name == "off-session bar" else clean[0]
    return Fault(
        instrument_id=trading.identity,
        timeframe=timeframe,
        session=from_day(hours.days[place.row]),
        timestamp=begins["timestamp"],
        kind=kind.name,
        count=count,
        field=kind.field,
        clean=clean[0][kind.field] if kind.field else None,
        delivered=told[0][kind.field] if kind.field and told else None,
        found_by=kind.found_by,
    )


def _told(trading: Trading, kind: FaultKind, clean: list[Row]) -> list[Row]:
    return [rounded(row, trading.decimals) for row in kind.change(clean)]


def _changed(trading: Trading, table: pa.Table, place: Place, at: int, *, whole: int) -> pa.Table:
    """The table with a fault at row ``at``; ``whole`` is the number of bars of a session."""
    count = place.kind.count or whole
    told = _told(trading, place.kind, rows_of(table, at, count))
    return replaced(table, at, count, told)


def clean_delivery(trading: Trading, rows: range, timeframe: Timeframe) -> pa.Table:
    """The bars of those sessions as they were, each recorded when it became known."""
    if timeframe == "1Day":
        return delivered(trading.days(rows))
    return joined(delivered(trading.minutes(row)) for row in rows)


def faulty_delivery(trading: Trading, rows: range, timeframe: Timeframe) -> pa.Table:
    """The bars of those sessions as they arrived, with their faults."""
    if timeframe == "1Day":
        return days_delivered(trading, rows)
    return joined(minutes_delivered(trading, row) for row in rows)
