"""Bars of one instrument, read from the lake once per lake version."""

from collections import OrderedDict
from threading import Lock

import numpy as np

from cluster.clock import Clock
from cluster.errors import NotFound
from cluster.stores.lake import Lake
from market.bars import Bars
from market.instruments import Instrument

_KEPT = 256  # series in memory; ten years of minutes of one instrument are about 200 MB


class Series:
    """The newest bars by symbol. Safe to use from several threads."""

    def __init__(self, lake: Lake, *, clock: Clock) -> None:
        self._lake = lake
        self._clock = clock
        self._kept: OrderedDict[tuple[str, str, int], Bars] = OrderedDict()
        self._lock = Lock()

    def get(self, symbol: str, timeframe: str) -> tuple[Instrument, Bars]:
        """All bars of a symbol, from its first one on.

        Raises UnknownSymbol, and NotFound where the instrument has no bars of that length.
        """
        instrument = self._lake.resolve(symbol, at=self._clock())
        key = (instrument.instrument_id, timeframe, self._lake.version())
        with self._lock:
            found = self._kept.get(key)
        if found is None:
            found = self._read(instrument, timeframe)
            with self._lock:
                self._kept[key] = found
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
        return instrument, found

    def _read(self, instrument: Instrument, timeframe: str) -> Bars:
        wanted = instrument.instrument_id
        bars = self._lake.histories([wanted], timeframe=timeframe).get(wanted)
        if bars is None:
            raise NotFound(f"there are no {timeframe} bars of {instrument.symbol}")
        return bars


def within(
    bars: Bars, start: np.datetime64 | None, end: np.datetime64 | None, *, newest: int | None = None
) -> slice:
    """The rows with `start <= timestamp < end`; with `newest`, the last so many of them."""
    first = 0 if start is None else int(np.searchsorted(bars.timestamp, start))
    last = len(bars) if end is None else int(np.searchsorted(bars.timestamp, end))
    if newest is not None:
        first = max(first, last - newest)
    return slice(first, max(first, last))
