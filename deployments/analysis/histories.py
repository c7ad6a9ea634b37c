"""Whole histories, kept while the lake stands still: every indicator starts at the first bar."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Final

from cluster.clock import Clock
from cluster.errors import NotFound
from cluster.stores.lake import Lake
from cluster.stores.lake.tables import ACTIONS, BARS, INSTRUMENTS
from market.actions import Action, Adjustment, adjust
from market.actions.adjustment import KINDS
from market.bars import Bars
from market.calendar import get_calendar
from market.instruments import Instrument

_MOST_BARS: Final = 4_000_000  # about 300 MB: a history of minutes alone may have a million


@dataclass(frozen=True)
class History:
    """All bars of an instrument as recorded, and its actions, in one state of the lake, at `at`."""

    instrument: Instrument
    snapshot: str
    bars: Bars
    actions: list[Action]
    at: datetime

    def adjusted(self, adjustment: Adjustment) -> Bars:
        """The bars adjusted for such actions; as recorded where there are none to adjust for."""
        wanted = [action for action in self.actions if isinstance(action, KINDS[adjustment])]
        if self.instrument.adjusted or not wanted:
            return self.bars
        return adjust(
            self.bars,
            wanted,
            adjustment=adjustment,
            convention="total-return",
            as_of=self.at,
            calendar=get_calendar(self.instrument.calendar),
            currency=self.instrument.currency,
        )


Kept = tuple[Bars, list[Action]]


class Histories:
    """Reads and remembers. Blocks on the disk; safe between threads."""

    def __init__(self, lake: Lake, *, clock: Clock, most_bars: int = _MOST_BARS) -> None:
        self._lake = lake
        self._most_bars = most_bars
        self._clock = clock
        self._kept: OrderedDict[tuple[str, str, str], Kept] = OrderedDict()
        self._lock = Lock()

    def get(self, symbol: str, timeframe: str) -> History:
        """The history behind a symbol. Raises UnknownSymbol, and NotFound where it has no bars."""
        at = self._clock()
        # Research writes other tables.
        snapshot = self._lake.snapshot((BARS, INSTRUMENTS, ACTIONS))
        instrument = self._lake.directory(snapshot=snapshot).resolve(symbol, at=at)
        key = (instrument.instrument_id, timeframe, snapshot)
        bars, actions = self._recall(key) or self._read(key)
        return History(instrument, snapshot, bars, actions, at)

    def _recall(self, key: tuple[str, str, str]) -> Kept | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def _read(self, key: tuple[str, str, str]) -> Kept:
        instrument_id, timeframe, snapshot = key
        # Outside the lock: two threads may read the same history, which costs time and nothing
        # else.
        found = self._lake.histories([instrument_id], timeframe=timeframe, snapshot=snapshot)
        if instrument_id not in found:
            raise NotFound(f"{instrument_id} has no {timeframe} bars")
        actions = self._lake.actions([instrument_id], snapshot=snapshot)
        kept = found[instrument_id], actions
        with self._lock:
            self._kept[key] = kept
            # Those of snapshots that have passed are asked for no more, so they are the first to
            # go. What was just read stays, however large it is.
            while len(self._kept) > 1 and self._count() > self._most_bars:
                self._kept.popitem(last=False)
        return kept

    def _count(self) -> int:
        return sum(len(bars) for bars, _ in self._kept.values())
