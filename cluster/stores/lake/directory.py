"""Names to instruments: symbols at a date, universes, and near names for a symbol that is none."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date, datetime
from functools import cached_property

from cluster.errors import UnknownSymbol
from cluster.stores.lake.refusals import refuse
from cluster.stores.lake.times import instant
from cluster.stores.settings import DATASET_ORDER
from market.errors import near_names, offered
from market.instruments import Instrument, in_capitals

# Universes that are a rule over instruments. All others are stored as intervals of membership.
UNIVERSES: dict[str, Callable[[Instrument], bool]] = {
    "synthetic": lambda instrument: instrument.dataset == "synthetic",
    "sample": lambda instrument: instrument.dataset == "sample" and instrument.fields == "close",
    "index": lambda instrument: instrument.dataset == "sample" and instrument.fields == "ohlcv",
}


class Directory:
    """All instruments of one version of the lake, by symbol and by id.

    A bare symbol that several datasets hold means that of the first dataset in `order`; those that
    `order` does not name come behind it, by name.
    """

    def __init__(
        self, instruments: Iterable[Instrument], *, order: Sequence[str] = DATASET_ORDER
    ) -> None:
        self.instruments = list(instruments)
        self._order = {dataset: place for place, dataset in enumerate(order)}
        self._by_id: dict[str, list[Instrument]] = defaultdict(list)
        self._named: dict[str, list[Instrument]] = defaultdict(list)
        for instrument in self.instruments:
            self._by_id[instrument.instrument_id].append(instrument)
            for name in {instrument.symbol, instrument.instrument_id, _full_name(instrument)}:
                self._named[name].append(instrument)

    @cached_property
    def datasets(self) -> frozenset[str]:
        """Those that have instruments."""
        return frozenset(instrument.dataset for instrument in self.instruments)

    def rank(self, instrument: Instrument) -> tuple[int, str]:
        """Where its dataset stands among those that hold the same symbol: the least answers."""
        return self._order.get(instrument.dataset, len(self._order)), instrument.dataset

    def resolve(self, symbol: str, *, at: datetime) -> Instrument:
        """The instrument that `symbol` means on the UTC date of `at`.

        A bare symbol of several datasets is the first one's; `dataset:SYMBOL`, or an instrument's
        id, is that one alone. Raises UnknownSymbol with near names.
        """
        day = instant(at, "at").as_py().date()
        found = [row for row in self._known(symbol) if row.is_valid_on(day)]
        if not found:
            raise self._unknown(symbol, at)
        return min(found, key=lambda row: (row.instrument_id != symbol, self.rank(row)))

    def find(
        self, name: str, *, on: date | None = None, among: Collection[str] | None = None
    ) -> Instrument | None:
        """What `resolve` gives on that day, else the last instrument that had the name, or None.

        Without a day, whoever has it still comes first. `among` are the ids that may be meant.
        """
        rows = [
            row for row in self._named.get(name, ()) if among is None or row.instrument_id in among
        ]
        if not rows:
            return None
        holding = [row for row in rows if _holds(row, on)[0]]
        latest = max(row.valid_from for row in rows)
        rows = holding or [row for row in rows if row.valid_from == latest]
        return min(rows, key=lambda row: (row.instrument_id != name, self.rank(row)))

    def named(self, ids: Collection[str], *, at: date | None = None) -> list[Instrument]:
        """The instruments of these ids by the symbols of a day (None: by their last), by symbol.

        Raises BadInput for an id that no instrument has.
        """
        if unknown := sorted(set(ids) - self._by_id.keys()):
            raise refuse("universe", f"{unknown[0]} is no instrument yet: ingest it", "unknown")
        found = [
            max(self._by_id[instrument_id], key=lambda row: _holds(row, at))
            for instrument_id in ids
        ]
        return sorted(found, key=lambda instrument: instrument.symbol)

    def near(self, symbol: str) -> list[str]:
        """Up to three symbols that look like this one, best first."""
        return near_names(symbol, sorted({instrument.symbol for instrument in self.instruments}))

    def _known(self, symbol: str) -> list[Instrument]:
        """Those of this name at whatever time; as it is written, else in capitals."""
        return self._named.get(symbol) or self._named.get(in_capitals(symbol)) or []

    def _unknown(self, symbol: str, at: datetime) -> UnknownSymbol:
        if not self.instruments:
            return UnknownSymbol("the lake has no instruments yet: run `trii data ingest`")
        if known := self._known(symbol):
            spans = ", ".join(
                f"{instrument.valid_from} to {instrument.valid_to or 'now'}" for instrument in known
            )
            return UnknownSymbol(f"no {symbol} on {at:%Y-%m-%d}: the symbol held from {spans}")
        near = self.near(symbol)
        hint = offered(near) or "; `trii data symbols` lists them"
        # Control characters never reach a terminal or a log through a message.
        return UnknownSymbol(f"unknown symbol {symbol!r} on {at:%Y-%m-%d}{hint}", near=near)


def _full_name(instrument: Instrument) -> str:
    return f"{instrument.dataset}:{instrument.symbol}"


def _holds(row: Instrument, day: date | None) -> tuple[bool, date]:
    """Orders symbols: those of the day (None: of whichever is last) first, then later ones."""
    return row.valid_to is None if day is None else row.is_valid_on(day), row.valid_from
