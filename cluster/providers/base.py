"""What a source of market data is to the platform."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Protocol

import pyarrow as pa

from market.instruments import Instrument


class Provider(Protocol):
    """A source of instruments and their bars. It reads no clock and writes nothing.

    `notes` lists what is wrong with its data or must be known to use them, one sentence each.
    """

    @property
    def dataset(self) -> str:
        """The dataset that its instruments belong to."""
        ...

    @property
    def description(self) -> str:
        """What the data are, in one line."""
        ...

    @property
    def notes(self) -> tuple[str, ...]: ...

    @property
    def timeframes(self) -> tuple[str, ...]:
        """The timeframes that it has, in the order to take them."""
        ...

    def instruments(self) -> list[Instrument]: ...

    def span(self, timeframe: str, *, now: datetime) -> tuple[date, date]:
        """The first and last session that an ingest at `now` takes, both included and closed."""
        ...

    def bars(
        self, timeframe: str, *, start: date, end: date, recorded_at: datetime
    ) -> Iterator[pa.Table]:
        """Bars from session `start` to `end`, both included: one BAR_SCHEMA table an instrument.

        Each table is in time order; an instrument without bars in the span has none.
        """
        ...
