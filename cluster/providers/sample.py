"""Real daily series that two installed packages carry for their examples, defects and all."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa

from cluster.errors import ConfigError
from cluster.providers.kit.base import Provider
from cluster.providers.kit.tables import daily_bars
from market.calendar import Calendar, get_calendar
from market.instruments import Fields, Instrument

# Name and exchange at the end of the series, December 2022.
_EQUITIES = {
    "AAPL": ("Apple", "XNAS"),
    "AMD": ("Advanced Micro Devices", "XNAS"),
    "BAC": ("Bank of America", "XNYS"),
    "BBY": ("Best Buy", "XNYS"),
    "CVX": ("Chevron", "XNYS"),
    "GE": ("General Electric", "XNYS"),
    "HD": ("Home Depot", "XNYS"),
    "JNJ": ("Johnson & Johnson", "XNYS"),
    "JPM": ("JPMorgan Chase", "XNYS"),
    "KO": ("Coca-Cola", "XNYS"),
    "LLY": ("Eli Lilly", "XNYS"),
    "MRK": ("Merck", "XNYS"),
    "MSFT": ("Microsoft", "XNAS"),
    "PEP": ("PepsiCo", "XNAS"),
    "PFE": ("Pfizer", "XNYS"),
    "PG": ("Procter & Gamble", "XNYS"),
    "RRC": ("Range Resources", "XNYS"),
    "UNH": ("UnitedHealth", "XNYS"),
    "WMT": ("Walmart", "XNYS"),
    "XOM": ("Exxon Mobil", "XNYS"),
}
_INDEX = "^IXIC"
_CALENDAR = "XNYS"


class SampleProvider(Provider):
    """Closes of 20 US equities (skfolio) and OHLCV of the Nasdaq Composite (arch), read in place."""

    dataset = "sample"
    description = "Daily closes of 20 US equities 1990-2022 and the Nasdaq Composite 1999-2018"
    notes = (
        "For tests and examples: not market data to trade on, to sell or to show as current.",
        "The equities have an adjusted close only: no open, high, low, raw close or volume.",
        "Their closes were adjusted for splits and dividends after 2022: returns are right, price "
        "levels hold later knowledge and are not point in time.",
        "No splits, dividends or listings are given apart.",
        "Survivors only: 20 names still listed in 2022, so cross-sectional results are too good.",
        "Prices are rounded to 0.001: half a tick is 28 bp of AAPL and 47 bp of BBY in 1990, "
        "under 1 bp for all but AMD (3 bp) from 2010.",
        "RRC does not move in its first 69 sessions, and its moves of -67 %, +33 % and +40 % in "
        "April and May 1990 are suspect; they are kept as given.",
        "^IXIC has volume 0 on 2015-05-12 and 2018-01-09 in the source; it is stored as missing.",
        "The series end in 2022 and 2018: every quote made of them is stale.",
    )
    timeframes = ("1Day",)

    @cached_property
    def _series(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Loaded when first needed: the notes are there without it."""
        return _load()

    def instruments(self) -> list[Instrument]:
        """Twenty close-only equities and one index."""
        closes, composite = self._series
        first = closes.index[0].date()
        equities = [
            _instrument(symbol, name, exchange, first, fields="close")
            for symbol, (name, exchange) in _EQUITIES.items()
        ]
        start = composite.index[0].date()
        index = _instrument(_INDEX, "Nasdaq Composite", "XNAS", start, fields="ohlcv")
        return [*equities, index]

    def span(self, timeframe: str, *, now: datetime) -> tuple[date, date]:  # noqa: ARG002
        """The whole of what the packages carry, whatever the time: it ended in 2022."""
        closes, _ = self._series
        return closes.index[0].date(), closes.index[-1].date()

    def bars(
        self,
        timeframe: str,  # noqa: ARG002 - there is only one
        instruments: Sequence[Instrument],
        *,
        start: date,
        end: date,
        recorded_at: datetime,
    ) -> Iterator[pa.Table]:
        """Daily bars, stamped with the open of their XNYS session and known at its close."""
        calendar = get_calendar(_CALENDAR)
        span = slice(pd.Timestamp(start), pd.Timestamp(end))
        closes, composite = (frame.loc[span] for frame in self._series)
        for symbol in (instrument.symbol for instrument in instruments):
            if symbol == _INDEX:
                frame = composite
            else:
                frame = pd.DataFrame({"close": closes[symbol]}).dropna()
            yield _bars(symbol, frame, calendar, recorded_at)


def _load() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Wide closes of the equities by session, and open, high, low, close, volume of the index."""
    try:
        from arch.data import nasdaq
        from skfolio.datasets import load_sp500_dataset
    except ImportError as exc:
        raise ConfigError(f"dataset sample: {exc.name} is missing; install trii[laptop]") from exc
    index = nasdaq.load().rename(columns=str.lower)
    index["volume"] = index["volume"].astype(np.float64).replace(0.0, np.nan)
    return load_sp500_dataset(), index


def _instrument(
    symbol: str, name: str, exchange: str, valid_from: date, *, fields: Fields
) -> Instrument:
    return Instrument(
        instrument_id=f"sample:{symbol}",
        symbol=symbol,
        name=name,
        exchange=exchange,
        calendar=_CALENDAR,
        currency="USD",
        valid_from=valid_from,
        valid_to=None,
        dataset="sample",
        fields=fields,
        adjusted=fields == "close",
        synthetic=False,
    )


def _bars(symbol: str, frame: pd.DataFrame, calendar: Calendar, recorded_at: datetime) -> pa.Table:
    days = frame.index.to_numpy().astype("datetime64[D]")
    numbers = {
        name: frame[name].to_numpy(dtype=np.float64)
        for name in ("open", "high", "low", "close", "volume")
        if name in frame
    }
    return daily_bars(f"sample:{symbol}", days, numbers, calendar=calendar, recorded_at=recorded_at)
