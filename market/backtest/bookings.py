"""What corporate actions do to a holder, laid out for the kernel: ex-date by ex-date, row by row."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from market.actions import Action, Delisting
from market.actions.payments import Event
from market.actions.standing import standing
from market.actions.steps import events
from market.backtest.panel import ADJUSTED_FOR, Panel, booked
from market.bars import Bars

EVENT = np.dtype(
    [
        ("column", np.int64),  # the first bar from the ex-date on; of a delisting its session
        ("ratio", np.float64),  # shares that one share of the close before has become
        ("paid", np.float64),  # for one share of the close before: dividends, value of spin-offs
        ("final", np.float64),  # what a share is worth from a delisting on; NaN without one
    ]
)


@dataclass(frozen=True, eq=False)
class Bookings:
    """Events (dtype `EVENT`) by row and column; those of row i are `first[i]` to `first[i + 1]`."""

    events: NDArray[np.void]
    first: NDArray[np.int64]

    @classmethod
    def none(cls, rows: int) -> "Bookings":
        """Those of rows without any event."""
        return cls(np.empty(0, dtype=EVENT), np.zeros(rows + 1, dtype=np.int64))


def bookings(panel: Panel) -> Bookings:
    """The events of a panel's instruments that have a bar before them in it.

    Of adjusted bars the delisting alone: the rest is in their prices.
    """
    rows = [_of_row(panel, row) for row in range(len(panel.instrument_ids))]
    first = np.cumsum([0, *(len(row) for row in rows)], dtype=np.int64)
    flat = [event for row in rows for event in row]
    return Bookings(np.array(flat, dtype=EVENT), first)


def _of_row(panel: Panel, row: int) -> list[tuple[int, float, float, float]]:
    own = standing(panel.actions_of(row))
    if not own:
        return []
    bars = panel.history(row)
    own = [action for action in own if booked(action, bars)]
    gone = _delisting(panel, bars, own)
    # Who holds over a halt has its splits and payments too, before the delisting ends it.
    ends = np.array([delisting.ex_date for delisting in gone], "datetime64[D]")
    session = np.concatenate([bars.session, ends])
    column = np.searchsorted(panel.session, session)
    # Over a halt several ex-dates share a bar; each payment counts the shares before its own.
    found = [
        event for event in events(session, own, ADJUSTED_FOR) if event.ratio != 1.0 or event.paid
    ]
    rows = [(int(column[event.row]), event.ratio, event.paid, np.nan) for event in found]
    halted = [event for event in found if event.row == len(bars)]
    return rows + [
        (int(column[-1]), 1.0, 0.0, delisting.worth(_last(bars, halted))) for delisting in gone
    ]


def _delisting(panel: Panel, bars: Bars, own: list[Action]) -> list[Delisting]:
    """The first delisting, if it is of the panel's sessions and there are bars before it; or none."""
    told = [action for action in own if isinstance(action, Delisting)]
    first = sorted(told, key=lambda delisting: delisting.ex_date)[:1] if len(bars) else []
    return [
        delisting
        for delisting in first
        if np.datetime64(delisting.ex_date, "D") <= panel.session[-1]
    ]


def _last(bars: Bars, halted: list[Event]) -> float:
    """The last close, for a share as it is after what happened since."""
    close = float(bars.close[-1])
    for event in halted:
        close = max(close - event.paid, 0.0) / event.ratio
    return close
