"""What corporate actions do to a holder, laid out for the kernel: ex-date by ex-date, row by row."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from market.actions import Delisting
from market.actions.steps import events
from market.backtest.panel import ADJUSTED_FOR, Panel, booked, standing
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
    column = np.searchsorted(panel.session, bars.session)
    own = [action for action in own if booked(action, bars)]
    found = events(bars.session, own, ADJUSTED_FOR)
    # Over a halt several ex-dates share a bar; each payment counts the shares before its own.
    rows = [
        (int(column[event.row]), event.ratio, event.paid, np.nan)
        for event in found
        if event.ratio != 1.0 or event.paid
    ]
    return rows + [
        (at, 1.0, 0.0, worth)
        for at, worth in _final(panel, bars, [one for one in own if isinstance(one, Delisting)])
    ]


def _final(panel: Panel, bars: Bars, delistings: list[Delisting]) -> list[tuple[int, float]]:
    """The session of the first delisting, and what a share is worth then."""
    if not (delistings and len(bars)):
        return []
    first = min(delistings, key=lambda action: action.ex_date)
    at = int(np.searchsorted(panel.session, np.datetime64(first.ex_date, "D")))
    return [(at, first.worth(float(bars.close[-1])))] if at < len(panel.session) else []
