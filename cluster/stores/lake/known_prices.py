"""Prices and events of an instrument as known at a time: the one place that all ask who adjust prices."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, TypedDict, Unpack

from cluster.stores.lake.cut import Cut, Span
from cluster.stores.lake.lake import Lake
from cluster.stores.lake.tables import ACTIONS, BARS, INSTRUMENTS
from market.actions import Action, Adjustment, actions_with, adjust, adjust_forward, counted
from market.actions.adjustment import KINDS, standing_steps
from market.actions.payments import Convention
from market.actions.standing import delisted_on, known
from market.actions.steps import Steps
from market.bars import Bars
from market.calendar import Calendar, get_calendar
from market.instruments import Instrument

PRICE_TABLES: Final = (BARS, INSTRUMENTS, ACTIONS)
"""What prices are read from: research writes other tables."""
CONVENTION: Final[Convention] = "total-return"


@dataclass(frozen=True)
class History:
    """Bars of an instrument as recorded, and all that is told of its actions, in one state of the lake.

    What of that counts is asked at `at`.
    """

    instrument: Instrument
    snapshot: str
    bars: Bars
    tellings: list[Action]
    at: datetime

    def adjusted(self, adjustment: Adjustment) -> Bars:
        """The bars at today's level; as recorded where there is nothing to adjust for.

        Raises DataNotFit for a payment in another currency than that of the prices.
        """
        if not self.acted(adjustment):
            return self.bars
        return adjust(self.bars, self.tellings, adjustment=adjustment, **self._known())

    def steps(self, adjustment: Adjustment) -> Steps:
        """What the same adjustment does to rows of any session. Raises as `adjusted`."""
        return standing_steps(self.bars, self.tellings, adjustment=adjustment, **self._known())

    def forward(self) -> Bars:
        """The bars in units of one share held since the first: what features and signals read.

        As recorded where there is nothing to adjust for. Raises as `adjusted`.
        """
        if not self.acted("all"):
            return self.bars
        return adjust_forward(self.bars, self.counting(), currency=self.instrument.currency)

    def counting(self) -> list[Action]:
        """The actions that count, in order of ex-date."""
        calendar = get_calendar(self.instrument.calendar)
        return counted(self.tellings, at=self.at, calendar=calendar)

    def delisted_on(self) -> date | None:
        """The first session without trading, as known at `at`: one that has come or is to come."""
        return delisted_on(known(self.tellings, at=self.at))

    def acted(self, adjustment: Adjustment) -> bool:
        """Whether there are actions that such prices are adjusted for; none of what is recorded so."""
        kinds = KINDS[adjustment]
        return not self.instrument.adjusted and any(
            isinstance(action, kinds) for action in known(self.tellings, at=self.at)
        )

    def _known(self) -> "_Known":
        return {
            "convention": CONVENTION,
            "as_of": self.at,
            "calendar": get_calendar(self.instrument.calendar),
            "currency": self.instrument.currency,
        }


class _Known(TypedDict):
    """How every adjustment of a history is asked for."""

    convention: Convention
    as_of: datetime
    calendar: Calendar
    currency: str


def carried(adjustment: Adjustment | None, instrument: Instrument) -> Adjustment:
    """Which adjustment an instrument's prices carry where this one is asked for; None: as recorded."""
    return adjustment or ("all" if instrument.adjusted else "raw")


def known_prices(
    lake: Lake,
    instruments: Iterable[Instrument],
    *,
    timeframe: str,
    at: datetime,
    as_of: datetime | None = None,
    snapshot: str | None = None,
) -> dict[str, History]:
    """Whole histories by id, of those that have bars; `at` is the time at which actions count.

    With `as_of` the record is read as known then, without it as it stands. Without a snapshot it is
    the newest, and nothing while there are no bars at all.
    """
    named = {instrument.instrument_id: instrument for instrument in instruments}
    # One state of all tables, whatever is committed between the reads.
    pinned = lake.standing(PRICE_TABLES) if snapshot is None else snapshot
    if pinned is None:
        return {}
    found = recorded(lake, named.values(), timeframe=timeframe, as_of=as_of, snapshot=pinned)
    return {
        name: History(named[name], pinned, bars, tellings, at)
        for name, (bars, tellings) in found.items()
    }


def recorded(
    lake: Lake, instruments: Iterable[Instrument], *, timeframe: str, **span: Unpack[Span]
) -> dict[str, tuple[Bars, list[Action]]]:
    """Bars of a span and all that is told of their actions, sorted by id, where there are bars.

    Also of bars that were recorded adjusted: their delistings are in no price.
    """
    ids = [instrument.instrument_id for instrument in instruments]
    bars = lake.histories(ids, timeframe=timeframe, **span)
    cut: Cut = {"as_of": span.get("as_of"), "snapshot": span.get("snapshot")}
    told = {name: list(actions_with(found)) for name, found in bars.items()}
    for action in lake.tellings([name for name, found in bars.items() if found.adjusted], **cut):
        told[action.instrument_id].append(action)
    return {name: (found, told[name]) for name, found in bars.items()}
