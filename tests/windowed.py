"""A provider of made-up daily bars in windows, for tests of ingest; and how it may fail."""

from datetime import date, timedelta

import numpy as np

from cluster.providers import Provider, ProviderError, daily_bars
from market.calendar import get_calendar
from market.instruments import Instrument

FIRST, LAST = date(2025, 1, 1), date(2025, 3, 1)
DAYS = (LAST - FIRST).days + 1
WINDOW = 12


class Windowed(Provider):
    """Three instruments that trade every day from `FIRST` to `LAST`, twelve days a window.

    `asked` keeps the spans asked for; `fails` is taken once a request, in order: an error is raised
    after the first instrument's table was handed over.
    """

    dataset = "windowed"
    description = "Made-up bars for tests"
    names = ("AAA", "BBB", "CCC")

    def __init__(self, *, fails=(), change=lambda table: table):
        self.asked = []
        self.fails = list(fails)
        self.change = change
        self.last = LAST

    def window(self, _timeframe):
        return timedelta(days=WINDOW)

    def instruments(self):
        return [
            Instrument(
                instrument_id=f"windowed:{name}",
                symbol=name,
                name=name,
                exchange="24/7",
                calendar="24/7",
                currency="USD",
                valid_from=date(2000, 1, 1),
                valid_to=None,
                dataset="windowed",
                fields="ohlcv",
                adjusted=False,
                synthetic=True,
            )
            for name in self.names
        ]

    def span(self, _timeframe, *, now):
        return FIRST, self.last

    def bars(self, _timeframe, instruments, *, start, end, recorded_at):
        self.asked.append((start, end, tuple(one.symbol for one in instruments)))
        fault = self.fails.pop(0) if self.fails else None
        for one in instruments:
            days = np.arange(start, end + timedelta(days=1), dtype="datetime64[D]")
            close = 100.0 + 3.0 * np.sin(1.7 * days.astype(np.int64)) + ord(one.symbol[0])
            numbers = {"open": close, "high": close + 1, "low": close - 1, "close": close}
            yield self.change(
                daily_bars(
                    one.instrument_id,
                    days,
                    numbers,
                    calendar=get_calendar("24/7"),
                    recorded_at=recorded_at,
                )
            )
            if fault is not None:
                raise fault


class Dying(Windowed):
    """Delivers two windows and then fails for good."""

    def __init__(self):
        super().__init__(fails=[None] * 2 + [ProviderError("the source is gone")])
