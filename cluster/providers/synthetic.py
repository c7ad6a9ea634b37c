"""The synthetic market as a provider: always complete, always open, and never real."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Self

import pyarrow as pa

from cluster.providers.kit.base import Provider
from cluster.settings import Settings
from market.calendar import get_calendar
from market.instruments import Instrument
from market.synthetic import SyntheticMarket

_YEARS = 12
_MINUTE_SESSIONS = 10


class SyntheticProvider(Provider):
    """Daily bars of at least 12 years and minutes of the last 10 sessions, all invented."""

    dataset = "synthetic"
    description = "An invented market of 60 instruments that is always open"
    notes = (
        "Every number is made up by a seeded generator: no real security, no real price.",
        "The calendar is 24/7: a session is a UTC day, 365 sessions a year.",
        "SYN001's daily returns carry a weak planted signal; nothing else can be predicted.",
    )
    timeframes = ("1Day", "1Min")

    def __init__(self, *, seed: int = 7, instruments: int = 60) -> None:
        self._market = SyntheticMarket(seed=seed, instruments=instruments)

    @classmethod
    def from_settings(
        cls,
        settings: Settings,
        *,
        symbols: Sequence[str] = (),  # noqa: ARG003 - it has few
    ) -> Self:
        """The market that the platform's seed makes."""
        return cls(seed=settings.seed)

    def instruments(self) -> list[Instrument]:
        """SYN001 and on, valid from the market's first day."""
        return self._market.listings()

    def span(self, timeframe: str, *, now: datetime) -> tuple[date, date]:
        """Up to the last session closed at `now`.

        Daily bars begin on a first of January, so that the start does not move within a year.
        """
        last = get_calendar("24/7").last_session(now)
        if timeframe == "1Min":
            return last - timedelta(days=_MINUTE_SESSIONS - 1), last
        return max(date(last.year - _YEARS, 1, 1), self._market.epoch), last

    def bars(
        self,
        timeframe: str,
        instruments: Sequence[Instrument],
        *,
        start: date,
        end: date,
        recorded_at: datetime,
    ) -> Iterator[pa.Table]:
        """Drawn on demand; asking again gives the same bars to the last bit."""
        for symbol in dict.fromkeys(instrument.symbol for instrument in instruments):
            if timeframe == "1Min":
                days = (start + timedelta(days=n) for n in range((end - start).days + 1))
                parts = [self._market.minutes(symbol, day) for day in days]
            else:
                parts = [self._market.daily(symbol, start, end)]
            yield pa.concat_tables(
                part.to_arrow(recorded_at=recorded_at, vintage="backfilled") for part in parts
            )
