"""Bars from the lake, a page at a time: rows of all symbols, symbol then time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from cluster.clock import Clock
from cluster.stores.lake import Lake
from deployments.api.bars_adjusted import Adjusting
from deployments.api.bars_query import BarsCursor, BarsQuery, carried, check_answerable
from deployments.api.bars_spans import Piece, pieces
from deployments.http.pages import Pages, refused
from market.actions import Adjustment
from market.instruments import Instrument

_PRICES: Final = ("timestamp", "open", "high", "low", "close", "volume", "trade_count", "vwap")
_PROVENANCE: Final = ("available_at", "recorded_at", "vintage")
_TICK = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Page:
    """Rows (columns: symbol, then those asked for) and the token of the page after.

    `adjustment` says by symbol what the rows are adjusted for, `instruments` which id answered.
    """

    rows: pa.Table
    next_page_token: str | None
    adjustment: dict[str, Adjustment]
    instruments: dict[str, str]


class BarReader:
    """Reads pages. Blocks on the disk, so it is called in a thread."""

    def __init__(self, lake: Lake, *, clock: Clock) -> None:
        self._lake = lake
        self._clock = clock

    def page(self, query: BarsQuery) -> Page:
        """One page of bars. All its pages read the state of the lake that the first one read.

        Raises UnknownSymbol, and BadInput for what the record cannot answer.
        """
        pages = Pages(query, BarsCursor)
        cursor = pages.after
        # Between two pages an ex-date may come: all of them are at the level of the first.
        at = query.as_of or (_EPOCH + cursor.at_us * _TICK if cursor else self._clock())
        snapshot = cursor.snapshot if cursor else query.snapshot or self._standing(query, at)
        members = self._instruments(query, snapshot, at)
        # A token names its query by a plain hash, so anybody can write one.
        if cursor is not None and all(member.symbol != cursor.symbol for member in members):
            raise refused("not a token that this route gave")
        adjusting = Adjusting(self._lake, query, members, snapshot=snapshot, at=at)
        rows = self._rows(query, members, snapshot, cursor)
        adjustment = {member.symbol: carried(query, member) for member in members}
        instruments = {member.symbol: member.instrument_id for member in members}
        page = _shape(adjusting.rows(rows.slice(0, query.limit)), query)
        if rows.num_rows <= query.limit:
            return Page(page, None, adjustment, instruments)
        last = rows.slice(query.limit - 1, 1).to_pylist()[0]
        # Whole microseconds: `timestamp()` gives a float, which cut to a number may be one of them
        # off.
        stamp, at_us = (last["timestamp"] - _EPOCH) // _TICK, (at - _EPOCH) // _TICK
        token = pages.token(
            snapshot=snapshot, symbol=last["symbol"], timestamp_us=stamp, at_us=at_us
        )
        return Page(page, token, adjustment, instruments)

    def _standing(self, query: BarsQuery, at: datetime) -> str:
        """What stands now. In an empty lake too a symbol that nobody has is unknown."""
        if (standing := self._lake.standing()) is not None:
            return standing
        for symbol in sorted(query.symbols):
            self._lake.resolve(symbol, at=at)
        return self._lake.snapshot()

    def _instruments(self, query: BarsQuery, snapshot: str, at: datetime) -> list[Instrument]:
        directory = self._lake.directory(snapshot=snapshot)
        named: dict[str, Instrument] = {}
        for symbol in sorted(query.symbols):
            instrument = directory.resolve(symbol, at=at)
            # Under the name that was asked for: of two datasets' AAPL it says which one it is.
            named.setdefault(instrument.instrument_id, replace(instrument, symbol=symbol))
        found = list(named.values())
        check_answerable(query, found)
        return found

    def _rows(
        self,
        query: BarsQuery,
        members: Sequence[Instrument],
        snapshot: str,
        cursor: BarsCursor | None,
    ) -> pa.Table:
        """At least one row more than the page holds, where there are that many."""
        nothing = self._read(query, Piece((), None, None), snapshot)
        parts, count = [_in_order(nothing, (), descending=_down(query))], 0
        for piece in pieces(query, members, cursor, self._held(query, snapshot)):
            read = self._read(query, piece, snapshot)
            parts.append(_in_order(read, piece.members, descending=_down(query)))
            count += parts[-1].num_rows
            if count > query.limit:
                break
        return pa.concat_tables(parts)

    def _held(self, query: BarsQuery, snapshot: str) -> tuple[date, date] | None:
        """The first and the last session of the timeframe, whosever they are."""
        found = self._lake.holdings(snapshot=snapshot)
        own = [held for held in found if held.timeframe == query.timeframe]
        if not own:
            return None
        return min(held.first_session for held in own), max(held.last_session for held in own)

    def _read(self, query: BarsQuery, piece: Piece, snapshot: str) -> pa.Table:
        return self._lake.bars(
            [member.instrument_id for member in piece.members],
            timeframe=query.timeframe,
            start=piece.start,
            end=piece.end,
            as_of=query.as_of,
            snapshot=snapshot,
        )


def _down(query: BarsQuery) -> bool:
    return query.sort == "desc"


def _in_order(rows: pa.Table, group: Sequence[Instrument], *, descending: bool) -> pa.Table:
    """The rows with their symbol, sorted by symbol and then time."""
    ids = pa.array([member.instrument_id for member in group], pa.string())
    symbols = pa.array([member.symbol for member in group], pa.string())
    named = symbols.take(pc.index_in(rows["instrument_id"], value_set=ids).combine_chunks())
    order = "descending" if descending else "ascending"
    table = rows.add_column(0, "symbol", named)
    return table.sort_by([("symbol", "ascending"), ("timestamp", order)])


def _shape(rows: pa.Table, query: BarsQuery) -> pa.Table:
    extra = _PROVENANCE if query.fields == "all" else ()
    return rows.select(["symbol", *_PRICES, *extra])
