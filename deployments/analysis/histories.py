"""Whole histories, kept while the lake stands still: every indicator starts at the first bar."""

from collections import OrderedDict
from dataclasses import replace
from threading import Lock
from typing import Final

from cluster.clock import Clock
from cluster.errors import NotFound
from cluster.stores.lake import Lake
from cluster.stores.lake.known_prices import PRICE_TABLES, History, known_prices

_MOST_BARS: Final = 4_000_000  # about 300 MB: a history of minutes alone may have a million


class Histories:
    """Reads and remembers. Blocks on the disk; safe between threads."""

    def __init__(self, lake: Lake, *, clock: Clock, most_bars: int = _MOST_BARS) -> None:
        self._lake = lake
        self._most_bars = most_bars
        self._clock = clock
        self._kept: OrderedDict[tuple[str, str, str], History] = OrderedDict()
        self._lock = Lock()

    def get(self, symbol: str, timeframe: str) -> History:
        """The history behind a symbol. Raises UnknownSymbol, and NotFound where it has no bars."""
        at = self._clock()
        snapshot = self._lake.snapshot(PRICE_TABLES)
        instrument = self._lake.directory(snapshot=snapshot).resolve(symbol, at=at)
        key = (instrument.instrument_id, timeframe, snapshot)
        kept = self._recall(key)
        if kept is not None:
            # Under the name that the symbol has now, and with the actions that count now.
            return replace(kept, instrument=instrument, at=at)
        # Outside the lock: two threads may read the same history, which costs time and nothing
        # else.
        found = known_prices(
            self._lake, [instrument], timeframe=timeframe, at=at, snapshot=snapshot
        )
        if instrument.instrument_id not in found:
            raise NotFound(f"{instrument.instrument_id} has no {timeframe} bars")
        self._keep(key, found[instrument.instrument_id])
        return found[instrument.instrument_id]

    def _recall(self, key: tuple[str, str, str]) -> History | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def _keep(self, key: tuple[str, str, str], history: History) -> None:
        with self._lock:
            self._kept[key] = history
            # Those of snapshots that have passed are asked for no more, so they are the first to
            # go. What was just read stays, however large it is.
            while len(self._kept) > 1 and self._count() > self._most_bars:
                self._kept.popitem(last=False)

    def _count(self) -> int:
        return sum(len(history.bars) for history in self._kept.values())
