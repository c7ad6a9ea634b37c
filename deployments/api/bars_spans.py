"""Which instruments and which of their bars are read together for a page: no more than it may need."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from deployments.api.bars_query import BarsCursor, BarsQuery
from market.instruments import Instrument

_AT_ONCE: Final = 10  # the most instruments that are read together
_SHORT: Final = timedelta(days=7)
_A_DAY: Final = {"1Day": 5 / 7, "1Min": 390 * 5 / 7}  # bars, as of a share in New York
_TICK: Final = timedelta(microseconds=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Piece:
    """Instruments of which bars from `start` to `end` (excluded) are read; None leaves a side open."""

    members: Sequence[Instrument]
    start: datetime | None
    end: datetime | None


def pieces(
    query: BarsQuery,
    members: Sequence[Instrument],
    cursor: BarsCursor | None,
    held: tuple[date, date] | None,
) -> Iterator[Piece]:
    """Pieces in the order of the answer, for as long as the page has room: symbol, then time.

    `held` are the first and the last session of the timeframe, whosever; None: there is none.
    """
    left = [member for member in members if cursor is None or member.symbol >= cursor.symbol]
    if cursor is not None and left and left[0].symbol == cursor.symbol:
        yield from _in_time(query, left[:1], *_behind(query, cursor), held)
        left = left[1:]
    size = _at_once(query, held)
    while left:
        yield from _in_time(query, left[:size], query.start, query.end, held)
        left = left[size:]
        if not _is_long(query, query.start, query.end):
            # Those before had fewer bars than was thought.
            size = min(2 * size, _AT_ONCE)


def _at_once(query: BarsQuery, held: tuple[date, date] | None) -> int:
    """As many instruments as fill a page; of long spans of minutes one: ten would take gigabytes."""
    if held is None or _is_long(query, query.start, query.end):
        return 1
    low, high = _within(query.start, query.end, held)
    each = max((high - low) / timedelta(days=1), 1.0) * _A_DAY[query.timeframe]
    return max(1, min(_AT_ONCE, math.ceil((query.limit + 1) / each)))


def _behind(query: BarsQuery, cursor: BarsCursor) -> tuple[datetime | None, datetime | None]:
    """What is left of the span behind the last row of the page before."""
    last = _EPOCH + cursor.timestamp_us * _TICK
    return (query.start, last) if query.sort == "desc" else (last + _TICK, query.end)


def _in_time(
    query: BarsQuery,
    members: Sequence[Instrument],
    start: datetime | None,
    end: datetime | None,
    held: tuple[date, date] | None,
) -> Iterator[Piece]:
    """The span at once, or where it is long piece by piece, each twice as long as the one before."""
    if not _is_long(query, start, end):
        yield Piece(members, start, end)
        return
    if held is None:
        return
    low, high = _within(start, end, held)
    step = max(_SHORT, timedelta(days=(query.limit + 1) / _A_DAY[query.timeframe]))
    while low < high:
        if query.sort == "desc":
            yield Piece(members, max(low, high - step), high)
            high -= step
        else:
            yield Piece(members, low, min(high, low + step))
            low += step
        step *= 2


def _is_long(query: BarsQuery, start: datetime | None, end: datetime | None) -> bool:
    short = start is not None and end is not None and end - start <= _SHORT
    return query.timeframe != "1Day" and not short


def _within(
    start: datetime | None, end: datetime | None, held: tuple[date, date]
) -> tuple[datetime, datetime]:
    # A session may open on the day before its own and end on the day after.
    low, high = _midnight(held[0]) - _SHORT, _midnight(held[1]) + _SHORT
    return max(low, start or low), min(high, end or high)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
