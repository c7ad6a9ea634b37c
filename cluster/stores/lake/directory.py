"""Names to instruments: symbols at a date, universes, and near names for a symbol that is none."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from datetime import date, datetime

from cluster.errors import UnknownSymbol
from cluster.stores.lake.refusals import refuse
from cluster.stores.lake.times import instant
from market.errors import near_names
from market.instruments import Instrument

# Universes that are a rule over instruments. All others are stored as intervals of membership.
UNIVERSES: dict[str, Callable[[Instrument], bool]] = {
    "synthetic": lambda instrument: instrument.dataset == "synthetic",
    "sample": lambda instrument: instrument.dataset == "sample" and instrument.fields == "close",
    "index": lambda instrument: instrument.dataset == "sample" and instrument.fields == "ohlcv",
}


class Directory:
    """All instruments of one version of the lake, by symbol and by id."""

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        self.instruments = list(instruments)
        self._named: dict[str, list[Instrument]] = defaultdict(list)
        for instrument in self.instruments:
            self._named[instrument.symbol].append(instrument)
            self._named[instrument.instrument_id].append(instrument)

    def resolve(self, symbol: str, *, at: datetime) -> Instrument:
        """The instrument that `symbol` (or an instrument id) means on the UTC date of `at`.

        Raises UnknownSymbol with near names, BadInput where two datasets use the symbol.
        """
        day = instant(at, "at").as_py().date()
        found = [
            instrument for instrument in self._named.get(symbol, ()) if instrument.is_valid_on(day)
        ]
        if len(found) > 1:
            ids = ", ".join(sorted(instrument.instrument_id for instrument in found))
            raise refuse("symbol", f"used by several datasets, say one of {ids}", "ambiguous")
        if not found:
            raise self._unknown(symbol, at)
        return found[0]

    def universe(self, name: str) -> list[Instrument]:
        """The members of a universe of UNIVERSES, sorted by symbol."""
        return sorted(
            filter(UNIVERSES[name], self.instruments), key=lambda instrument: instrument.symbol
        )

    def named(self, ids: Collection[str], *, at: date | None = None) -> list[Instrument]:
        """The instruments of these ids by the symbols of a day (None: by their last), by symbol.

        Raises BadInput for an id that no instrument has.
        """
        if unknown := sorted(set(ids) - self._named.keys()):
            raise refuse("universe", f"{unknown[0]} is no instrument yet: ingest it", "unknown")
        found = [
            max(self._named[instrument_id], key=lambda row: _holds(row, at))
            for instrument_id in ids
        ]
        return sorted(found, key=lambda instrument: instrument.symbol)

    def near(self, symbol: str) -> list[str]:
        """Up to three symbols that look like this one, best first."""
        return near_names(symbol, sorted({instrument.symbol for instrument in self.instruments}))

    def _unknown(self, symbol: str, at: datetime) -> UnknownSymbol:
        if not self.instruments:
            return UnknownSymbol("the lake has no instruments yet: run `trii data ingest`")
        if known := self._named.get(symbol):
            spans = ", ".join(
                f"{instrument.valid_from} to {instrument.valid_to or 'now'}" for instrument in known
            )
            return UnknownSymbol(f"no {symbol} on {at:%Y-%m-%d}: the symbol held from {spans}")
        near = self.near(symbol)
        hint = f"; did you mean {', '.join(near)}?" if near else "; `trii data symbols` lists them"
        # Control characters never reach a terminal or a log through a message.
        return UnknownSymbol(f"unknown symbol {symbol!r} on {at:%Y-%m-%d}{hint}", near=near)


def _holds(row: Instrument, day: date | None) -> tuple[bool, date]:
    """Orders an instrument's symbols: the one of the day before others, the latest before earlier."""
    return day is not None and row.is_valid_on(day), row.valid_from
