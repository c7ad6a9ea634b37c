"""The synthetic market: instruments, daily bars, minutes and quotes, all functions of one seed."""

from datetime import UTC, date, datetime
from functools import lru_cache, partial
from typing import Any

import numpy as np

from market.arrays import to_stamp
from market.bars import Bars
from market.calendar import get_calendar
from market.errors import BadParameter, DataNotFit, near_names, offered
from market.instruments import Instrument
from market.quotes import Quote
from market.synthetic.daily import DailyPath, daily_path
from market.synthetic.factors import Factor, factor
from market.synthetic.listing import (
    AUTOREGRESSION,
    EPOCH,
    PlantedSignal,
    listing,
    sector_of,
    symbol_of,
)
from market.synthetic.minutes import MINUTES, MinutePath, minute_path
from market.synthetic.randomness import Stream, uniforms
from market.synthetic.ticks import tick, tick_draws
from market.synthetic.units import to_bars, to_quote

_MARKET_VOL, _SECTOR_VOL = 0.12, 0.09  # annual
_MOST = 999  # three digits in a symbol
_DAY, _MINUTE = np.timedelta64(1, "D"), np.timedelta64(1, "m")


class SyntheticMarket:
    """A market that is always open: a session is a UTC day, 365 sessions a year.

    The same seed gives the same market on every machine, whatever is asked for and in whatever
    order. An instrument is the same however many there are. Unknown symbols raise BadParameter,
    days and instants outside the market DataNotFit.
    """

    def __init__(self, *, seed: int = 7, instruments: int = 60) -> None:
        _check("seed", seed, 0, 2**32 - 1)
        _check("instruments", instruments, 1, _MOST)
        self.seed = seed
        self.epoch = EPOCH
        self.symbols = tuple(map(symbol_of, range(instruments)))
        self._index = {symbol: index for index, symbol in enumerate(self.symbols)}
        self._days = get_calendar("24/7").sessions(EPOCH, date.max)
        # Kept by the market itself: on the class they would keep every market that ever was.
        self._factor = lru_cache(maxsize=None)(self._draw_factor)
        self._daily = lru_cache(maxsize=None)(self._draw_daily)
        # Two days of each instrument: asking around midnight draws nothing twice.
        self._minutes = lru_cache(maxsize=2 * instruments)(self._draw_minutes)

    def __reduce__(self) -> tuple[Any, ...]:
        """Only seed and size travel to another process: the rest is drawn there again."""
        return partial(SyntheticMarket, seed=self.seed, instruments=len(self.symbols)), ()

    def listings(self) -> list[Instrument]:
        """The instruments, in the order of ``symbols``."""
        return [listing(index) for index in range(len(self.symbols))]

    def planted(self) -> list[PlantedSignal]:
        """What can be predicted in this market; nothing else in its returns can."""
        return [AUTOREGRESSION]

    def daily(self, symbol: str, start: date, end: date) -> Bars:
        """Daily bars from ``start`` to ``end``, both included, as far as the market has days."""
        path = self._daily(self._find(symbol))
        low = int(np.searchsorted(self._days, np.datetime64(start, "D"), side="left"))
        high = int(np.searchsorted(self._days, np.datetime64(end, "D"), side="right"))
        days = self._days[low:high]
        return to_bars(symbol, path, slice(low, high), session=days, opens=days, ends=days + _DAY)

    def minutes(self, symbol: str, day: date) -> Bars:
        """The 1,440 minutes of that day; together they are exactly its daily bar."""
        path = self._minutes(self._find(symbol), self._ordinal(day))
        days = np.full(MINUTES, np.datetime64(day, "D"))
        opens = days + np.arange(MINUTES) * _MINUTE
        return to_bars(symbol, path, slice(None), session=days, opens=opens, ends=opens + _MINUTE)

    def quote(self, symbol: str, at: datetime) -> Quote:
        """The quote that stands at ``at`` (aware): the market ticks at each full second.

        ``last_price`` lies in the range of the running minute, between bid and ask.
        """
        return self._quotes(at, first=self._find(symbol), count=1)[0]

    def quotes(self, at: datetime) -> list[Quote]:
        """The quotes of all symbols that stand at ``at`` (aware), in the order of ``symbols``."""
        return self._quotes(at, first=0, count=len(self.symbols))

    def _quotes(self, at: datetime, *, first: int, count: int) -> list[Quote]:
        instant = to_stamp(at).astype("datetime64[s]").item().replace(tzinfo=UTC)
        ordinal = self._ordinal(instant.date())
        second = instant.hour * 3600 + instant.minute * 60 + instant.second
        draws = tick_draws(self.seed, second=ordinal * 86_400 + second, first=first, count=count)
        return [
            to_quote(
                self.symbols[index],
                instant,
                tick(self._minutes(index, ordinal), second_of_day=second, u=u),
            )
            for index, u in enumerate(draws, start=first)
        ]

    def _find(self, symbol: str) -> int:
        index = self._index.get(symbol)
        if index is None:
            hint = offered(near_names(symbol, self.symbols)[:1])
            span = f"{self.symbols[0]} to {self.symbols[-1]}"
            raise BadParameter(
                f"unknown synthetic symbol {symbol!r}: expected {span}{hint}", parameter="symbol"
            )
        return index

    def _ordinal(self, day: date) -> int:
        ordinal = (day - EPOCH).days
        if not 0 <= ordinal < len(self._days):
            span = f"{EPOCH} to {self._days[-1]}"
            raise DataNotFit(f"{day} is not a day of the synthetic market: expected {span}")
        return ordinal

    def _draw_factor(self, stream: Stream, member: int, annual_vol: float) -> Factor:
        u = uniforms(self.seed, stream, member, first=0, rows=len(self._days), width=4)
        vol_u, shock_u, *_spare = u.T
        return factor(vol_u, shock_u, annual_vol=annual_vol)

    def _draw_daily(self, index: int) -> DailyPath:
        return daily_path(
            self.seed,
            index,
            days=len(self._days),
            market=self._factor(Stream.MARKET, 0, _MARKET_VOL),
            sector=self._factor(Stream.SECTOR, sector_of(index), _SECTOR_VOL),
            ar1=AUTOREGRESSION.coefficient if symbol_of(index) == AUTOREGRESSION.symbol else 0.0,
        )

    def _draw_minutes(self, index: int, ordinal: int) -> MinutePath:
        return minute_path(self.seed, index, ordinal=ordinal, daily=self._daily(index))


def _check(parameter: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise BadParameter(f"{parameter}={value}: expected {low} to {high}", parameter=parameter)
