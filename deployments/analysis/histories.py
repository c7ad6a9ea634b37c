"""Whole histories, kept while the lake stands still: every indicator starts at the first bar."""

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import Final

from cluster.clock import Clock
from cluster.errors import NotFound
from cluster.stores.lake import Lake
from cluster.stores.lake.tables import BARS, INSTRUMENTS
from market.bars import Bars
from market.instruments import Instrument

_MOST: Final = 64


@dataclass(frozen=True)
class History:
    """All bars of an instrument in one state of the lake."""

    instrument: Instrument
    snapshot: str
    bars: Bars


class Histories:
    """Reads and remembers. Blocks on the disk; safe between threads."""

    def __init__(self, lake: Lake, *, clock: Clock) -> None:
        self._lake = lake
        self._clock = clock
        self._kept: OrderedDict[tuple[str, str, str], Bars] = OrderedDict()
        self._lock = Lock()

    def get(self, symbol: str, timeframe: str) -> History:
        """The history behind a symbol. Raises UnknownSymbol, and NotFound where it has no bars."""
        snapshot = self._lake.snapshot((BARS, INSTRUMENTS))  # research writes other tables
        instrument = self._lake.directory(snapshot=snapshot).resolve(symbol, at=self._clock())
        key = (instrument.instrument_id, timeframe, snapshot)
        bars = self._recall(key) or self._read(key)
        return History(instrument, snapshot, bars)

    def _recall(self, key: tuple[str, str, str]) -> Bars | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def _read(self, key: tuple[str, str, str]) -> Bars:
        instrument_id, timeframe, snapshot = key
        found = self._lake.histories([instrument_id], timeframe=timeframe, snapshot=snapshot)
        if instrument_id not in found:
            raise NotFound(f"{instrument_id} has no {timeframe} bars")
        with self._lock:
            self._kept[key] = found[instrument_id]
            while len(self._kept) > _MOST:
                self._kept.popitem(last=False)
        return found[instrument_id]
