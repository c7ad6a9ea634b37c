"""Faults of a delivery: what each kind does to a few rows, and who claims to find it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Literal

from market.bars import PRICES
from market.worlds.tables import Row, with_close

Timeframe = Literal["1Day", "1Min"]
Finder = Literal["validation", "gaps", "outliers", "staleness", "nothing"]
"""The module of ``market`` that finds a fault; ``nothing`` finds what may well be true."""
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault that was put into a delivery.

    It begins with the bar that opens at ``timestamp`` (aware UTC) and spans ``count`` bars. Of the
    first of them ``field`` was ``clean`` and came as ``delivered``; None where no value was changed
    or none came.
    """

    instrument_id: str
    timeframe: Timeframe
    session: date
    timestamp: datetime
    kind: str
    count: int
    field: str
    clean: float | None
    delivered: float | None
    found_by: Finder


@dataclass(frozen=True, slots=True)
class FaultKind:
    """``change`` takes ``count`` rows of the delivery (0: those of a session) and gives others."""

    name: str
    change: Callable[[list[Row]], list[Row]]
    count: int
    field: str
    found_by: Finder


def _none(_: list[Row]) -> list[Row]:
    return []


def _twice(rows: list[Row]) -> list[Row]:
    return [rows[0], *rows]


def _reversed(rows: list[Row]) -> list[Row]:
    return rows[::-1]


def _tick(factor: float, rows: list[Row]) -> list[Row]:
    return [with_close(row, row["close"] * factor) for row in rows]


def _volume(factor: float, rows: list[Row]) -> list[Row]:
    return [row | {"volume": row["volume"] * factor} for row in rows]


def _upside_down(rows: list[Row]) -> list[Row]:
    """High and low in each other's place, and apart even where they were equal."""
    return [row | {"high": row["low"], "low": row["high"] * 1.001} for row in rows]


def _stale(rows: list[Row]) -> list[Row]:
    """The first price is repeated; volumes go on."""
    return [row | dict.fromkeys(PRICES, rows[0]["open"]) for row in rows]


def _stray(rows: list[Row]) -> list[Row]:
    """A bar a minute before the session opens, which says that it belongs to it."""
    opened = rows[0]["timestamp"] - _MINUTE
    known = {"timestamp": opened, "available_at": rows[0]["timestamp"]}
    return [rows[0] | known | {"recorded_at": rows[0]["timestamp"]}, *rows]


def _revised(rows: list[Row]) -> list[Row]:
    """A wrong close first; the true bar comes a day later, in the same delivery."""
    later = rows[0]["recorded_at"] + timedelta(days=1)
    wrong = with_close(rows[0], rows[0]["close"] * 1.01)
    return [wrong, rows[0] | {"available_at": later, "recorded_at": later}]


_EITHER = (
    FaultKind("missing session", _none, 0, "close", "gaps"),
    FaultKind("duplicated bar", _twice, 1, "", "validation"),
    FaultKind("out-of-order bar", _reversed, 2, "", "validation"),
    FaultKind("bad tick x10", partial(_tick, 10.0), 1, "close", "outliers"),
    FaultKind("bad tick x0.1", partial(_tick, 0.1), 1, "close", "outliers"),
    FaultKind("zero volume", partial(_volume, 0.0), 1, "volume", "nothing"),
    FaultKind("high below low", _upside_down, 1, "high", "validation"),
    FaultKind("negative volume", partial(_volume, -1.0), 1, "volume", "validation"),
    FaultKind("off-session bar", _stray, 1, "", "validation"),
    FaultKind("late revision", _revised, 1, "close", "validation"),
)
KINDS: dict[Timeframe, tuple[FaultKind, ...]] = {
    "1Day": (*_EITHER, FaultKind("stale series", _stale, 6, "close", "staleness")),
    "1Min": (
        *_EITHER,
        FaultKind("stale series", _stale, 15, "close", "staleness"),
        FaultKind("missing minutes", _none, 3, "close", "gaps"),
        FaultKind("halt of 30 minutes", _none, 30, "close", "gaps"),
    ),
}
"""What can go wrong in each timeframe; every instrument has each once."""
