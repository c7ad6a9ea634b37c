"""The instruments of a world: found by symbol, each with its life, its trading and its listing."""

from collections.abc import Iterator
from datetime import date
from functools import lru_cache

import numpy as np

from market.actions import Rename
from market.actions.standing import renamed
from market.arrays import Floats, from_day
from market.errors import BadParameter, DataNotFit, near_names, offered
from market.instruments import Instrument
from market.worlds.life import life
from market.worlds.listing import listing
from market.worlds.paths import Paths
from market.worlds.roles import symbol_of
from market.worlds.trading import Trading


class Cast:
    """Instruments by index, drawn when they are asked for. Symbols are those first listed."""

    def __init__(self, paths: Paths, *, instruments: int, decimals: int | None) -> None:
        self.paths, self.decimals = paths, decimals
        self.symbols = tuple(map(symbol_of, range(instruments)))
        self._index = {symbol: index for index, symbol in enumerate(self.symbols)}
        self.trading = lru_cache(maxsize=None)(self._trading)

    def find(self, symbol: str) -> int:
        """The index of a symbol. Raises BadParameter for one that is not there."""
        index = self._index.get(symbol)
        if index is None:
            hint = offered(near_names(symbol, self.symbols)[:1])
            span = f"{self.symbols[0]} to {self.symbols[-1]}"
            message = f"unknown symbol {symbol!r} of the world: expected {span}{hint}"
            raise BadParameter(message, parameter="symbol")
        return index

    def chosen(self, symbol: str | None) -> Iterator[Trading]:
        """One instrument, or all for None."""
        places = range(len(self.symbols)) if symbol is None else (self.find(symbol),)
        return map(self.trading, places)

    def listed(self, symbol: str, start: date, end: date) -> tuple[Trading, range]:
        """An instrument, and the world's rows from ``start`` to ``end`` on which it is listed."""
        trading = self.trading(self.find(symbol))
        rows, life = self.paths.hours.rows(start, end), trading.life
        low = min(max(rows.start, life.first), life.stop)
        return trading, range(low, max(low, min(rows.stop, life.stop)))

    def row(self, symbol: str, day: date) -> tuple[Trading, int]:
        """An instrument and the row of a session. Raises DataNotFit where it is not listed then."""
        row = self.paths.hours.row(day)
        trading, rows = self.listed(symbol, day, day)
        if row not in rows:
            raise DataNotFit(f"{symbol} is not listed on {day}: see listings()")
        return trading, row

    def spread(self, trading: Trading, values: Floats) -> Floats:
        """Values by session of the life as values by session of the world, NaN outside it."""
        whole = np.full(len(self.paths.hours), np.nan)
        whole[trading.life.first : trading.life.stop] = values
        return whole

    def listings(self, trading: Trading) -> tuple[Instrument, ...]:
        """The rows of one instrument: two where it is renamed."""
        lived, hours = trading.life, self.paths.hours
        whole = listing(
            trading.index,
            calendar=hours.calendar.name,
            first=from_day(hours.days[lived.first]),
            end=from_day(hours.days[lived.stop]) if lived.stop < len(hours) else None,
            decimals=self.decimals,
        )
        names = [action for action in lived.actions if isinstance(action, Rename)]
        return renamed(whole, names[0]) if names else (whole,)

    def _trading(self, index: int) -> Trading:
        return Trading(self.paths, index, life(self.paths, index), self.decimals)
