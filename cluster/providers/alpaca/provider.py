"""The provider `alpaca`: instruments, bars and corporate actions of the symbols asked for."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Self

import pyarrow as pa

from cluster.errors import BadInput
from cluster.providers.alpaca import announcements
from cluster.providers.alpaca.asks import Ask
from cluster.providers.alpaca.assets import CALENDAR, chosen, fetch_assets, id_of, to_instruments
from cluster.providers.alpaca.client import AlpacaClient
from cluster.providers.alpaca.pages import fetch_bars
from cluster.providers.alpaca.rows import session_of, to_table
from cluster.providers.kit.base import Provider
from cluster.providers.kit.patience import Pace, Patience
from cluster.settings import Settings
from market.actions import Action
from market.calendar import get_calendar
from market.instruments import Instrument

_PER_REQUEST = 100  # symbols: a URL has its limits
# The newest quarter of an hour needs a paid plan, and corrections of a session arrive in it.
_SETTLED = timedelta(minutes=16)


class AlpacaProvider(Provider):
    """Raw daily and minute bars of the symbols asked for, with their corporate actions."""

    dataset = "alpaca"
    description = "US equities from Alpaca"
    thinly_traded = True  # a day without a trade has no bar
    notes = (
        "Minute bars before and after regular hours are left out: a session is XNYS's.",
        "The feed iex holds the trades of one exchange, about 2 to 3 % of the volume.",
        "A symbol's history begins with Alpaca's own (2016), whenever it was listed.",
        "Corporate actions carry no announcement time: they count as known from the close before "
        "their ex-date, spin-offs from the first close of the child.",
        "Unit splits, mergers for shares and rights are left out.",
    )
    timeframes = ("1Day", "1Min")

    def __init__(
        self, settings: Settings, *, symbols: Sequence[str], patience: Patience | None = None
    ) -> None:
        if not symbols:
            raise BadInput("alpaca: say which symbols with --symbols; the lake holds none yet")
        self._settings = settings
        self._symbols = tuple(dict.fromkeys(symbols))
        self._calendar = get_calendar(CALENDAR)
        pace = Pace(settings.alpaca_requests_per_minute)
        patience = patience or Patience()
        self._data, self._trading = (
            AlpacaClient(url, settings, pace=pace, patience=patience)
            for url in (settings.alpaca_data_url, settings.alpaca_trading_url)
        )

    @classmethod
    def from_settings(cls, settings: Settings, *, symbols: Sequence[str] = ()) -> Self:
        """Addresses and keys are the settings'."""
        return cls(settings, symbols=symbols)

    def window(self, timeframe: str) -> timedelta:
        """A year of daily bars, a week of minutes."""
        return timedelta(days=366 if timeframe == "1Day" else 7)

    def instruments(self) -> list[Instrument]:
        """The assets of the symbols asked for, with the symbols that they had before."""
        return to_instruments(
            self._assets,
            announcements.symbol_changes(self._announced),
            first=self._settings.alpaca_start,
            ended=announcements.endings(self._announced),
        )

    def span(self, timeframe: str, *, now: datetime) -> tuple[date, date]:
        """From the first session of Alpaca's history, or of the last weeks for minutes."""
        last = self._calendar.last_session(now - _SETTLED)
        first = self._settings.alpaca_start
        if timeframe == "1Min":
            first = max(first, last - timedelta(days=self._settings.alpaca_minute_days))
        return first, last

    def bars(
        self,
        timeframe: str,
        instruments: Sequence[Instrument],
        *,
        start: date,
        end: date,
        recorded_at: datetime,
    ) -> Iterator[pa.Table]:
        """Asked for by the present symbol, under which Alpaca gives the whole history."""
        in_order = sorted(instruments, key=lambda instrument: instrument.valid_from)
        present = {instrument.symbol: instrument for instrument in in_order}
        # Not from `present`: a symbol that changed hands keeps the place of its first holder there.
        newest = {
            instrument.instrument_id: instrument.symbol
            for instrument in in_order
            if present[instrument.symbol].instrument_id == instrument.instrument_id
        }
        symbols = sorted(newest.values())
        for place in range(0, len(symbols), _PER_REQUEST):
            some = tuple(symbols[place : place + _PER_REQUEST])
            found = fetch_bars(self._data, self._ask(some, timeframe, start, end))
            for symbol, rows in found.items():
                if rows:
                    name = present[symbol].instrument_id
                    yield to_table(name, symbol, timeframe, rows, recorded_at=recorded_at)

    def actions(
        self, instruments: Sequence[Instrument], *, start: date, end: date
    ) -> Iterable[Action]:
        """Those with an ex-date in the span whose kind we have."""
        ids = {symbol: id_of(asset) for symbol, asset in self._all_assets.items()}
        ids |= {instrument.symbol: instrument.instrument_id for instrument in instruments}
        known = {instrument.instrument_id for instrument in instruments}
        translation = announcements.Translation(ids, self._calendar, self._first_close)
        for action in translation.actions(self._announced):
            if action.instrument_id in known and start <= action.ex_date <= end:
                yield action

    @cached_property
    def _all_assets(self) -> dict[str, dict[str, object]]:
        return {symbol: dict(asset) for symbol, asset in fetch_assets(self._trading).items()}

    @cached_property
    def _assets(self) -> dict[str, dict[str, object]]:
        return {
            name: dict(asset) for name, asset in chosen(self._all_assets, self._symbols).items()
        }

    @cached_property
    def _announced(self) -> list[announcements.Announcement]:
        """Without the ends of active assets: those are of companies that had the symbol before."""
        first, last = self._settings.alpaca_start, date(2039, 12, 30)
        found = announcements.fetch(self._data, list(self._assets), start=first, end=last)
        active = {
            name for name, asset in self._all_assets.items() if asset.get("status") == "active"
        }
        return [
            action
            for action in found
            if not ((ended := announcements.ending(action)) and ended[0] in active)
        ]

    def _ask(self, symbols: tuple[str, ...], timeframe: str, start: date, end: date) -> Ask:
        return Ask(symbols, timeframe, start, end, self._settings.alpaca_feed, self._calendar)

    def _first_close(self, symbol: str, day: date) -> tuple[float, datetime] | None:
        """Of the ten days from `day` on; a child that did not trade in them has none."""
        ask = self._ask((symbol,), "1Day", day, day + timedelta(days=10))
        rows = fetch_bars(self._data, ask)[symbol]
        if not rows:
            return None
        session = session_of(rows[0]["at"], symbol)
        return float(rows[0]["c"]), self._calendar.session_close(session)
