"""What a source of market data is to the platform."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Self

import pyarrow as pa

from cluster.settings import Settings
from market.actions import Action
from market.instruments import Instrument


class Provider(ABC):
    """A source of instruments and their bars. It reads no clock and writes nothing.

    A subclass names its `dataset` and answers three questions: which instruments, which span, and
    the bars of some of them. `notes` lists what is wrong with its data or must be known to use
    them, one sentence each; `timeframes` are taken in their order. Daily bars that stand weeks apart
    are refused, unless `thinly_traded` says that there are shares which trade that seldom.

    It raises ProviderUnavailable for what may pass by itself (it is then asked again) and
    ProviderError for what will not.
    """

    dataset: str
    description: str
    notes: tuple[str, ...] = ()
    timeframes: tuple[str, ...] = ("1Day",)
    thinly_traded: bool = False

    @classmethod
    def from_settings(
        cls,
        settings: Settings,  # noqa: ARG003 - a subclass may care
        *,
        symbols: Sequence[str] = (),  # noqa: ARG003
    ) -> Self:
        """One made for a platform; `symbols` are the ones to take, of a source that has too many."""
        return cls()

    @abstractmethod
    def instruments(self) -> list[Instrument]:
        """All of them: one for each symbol that each had; ids begin with `dataset` and a colon."""

    @abstractmethod
    def span(self, timeframe: str, *, now: datetime) -> tuple[date, date]:
        """The first and last session that an ingest at `now` takes, both included and closed."""

    @abstractmethod
    def bars(
        self,
        timeframe: str,
        instruments: Sequence[Instrument],
        *,
        start: date,
        end: date,
        recorded_at: datetime,
    ) -> Iterator[pa.Table]:
        """Bars from session `start` to `end`, both included: one BAR_SCHEMA table an instrument.

        Each table is in time order; an instrument without bars in the span has none or an empty
        one. Asking again gives the same bars. `daily_bars` and `minute_bars` make the tables.
        """

    def window(self, timeframe: str) -> timedelta | None:  # noqa: ARG002 - a subclass may care
        """How long a piece is taken and committed at a time; None: all of the span at once.

        With a window an ingest goes on from the last session that the lake holds of each
        instrument, so that a backfill of years survives interruptions. Without one everything is
        read again each time and compared.
        """
        return None

    def actions(
        self,
        instruments: Sequence[Instrument],  # noqa: ARG002 - most sources have none
        *,
        start: date,  # noqa: ARG002
        end: date,  # noqa: ARG002
    ) -> Iterable[Action]:
        """Corporate actions with an ex-date from `start` to `end`, as far as the source has any."""
        return ()

    def shown_actions(self) -> Iterable[Action]:
        """Those of its actions that its prices only show: what the lake was told of them stands."""
        return ()

    def remarks(self) -> tuple[str, ...]:
        """What an ingest tells of what was read, one sentence each."""
        return ()

    def findings(self) -> tuple[str, ...]:
        """What contradicts itself in what was read, one sentence each: somebody should look."""
        return ()
