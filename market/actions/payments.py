"""What dividends and spin-offs do to prices, ex-date by ex-date, also where trading was halted between.

Between two closes there may be several ex-dates. Each payment is for one share held just before its
own ex-date, so what a split before it did to that share counts, and so does what was paid before.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from market.arrays import Floats, RowNumbers
from market.bars import Bars
from market.errors import DataNotFit

Convention = Literal["vendor", "total-return"]
"""The factor of a payment: see ``adjustment.factors``."""


@dataclass(frozen=True, slots=True)
class Event:
    """All that happens on one ex-date.

    ``row`` is the first bar from it on. One share held before becomes ``ratio`` shares and is paid
    ``paid``.
    """

    row: int
    ratio: float
    paid: float


def payment_factors(bars: Bars, events: list[Event], convention: Convention) -> list[float]:
    """The factor of each event's payment, 1 without one; events stand in order of ex-date.

    NaN where no close stands on the side that the convention reads. Raises DataNotFit for a payment
    that reaches the price before under ``vendor``.
    """
    known = np.flatnonzero(~np.isnan(bars.close))
    # How many closes stand before each event; asked for all of them at once.
    before = np.searchsorted(known, [event.row for event in events]).tolist()
    if convention == "total-return":
        return _total_return(bars.close, known, events, before)
    return _vendor(bars, known, events, before)


def _vendor(bars: Bars, known: RowNumbers, events: list[Event], counts: list[int]) -> list[float]:
    """From the last close on: what a share is worth shrinks with each payment and each split."""
    factors, basis, place = [], math.nan, -1
    for event, count in zip(events, counts, strict=True):
        before = count - 1
        # A close in between starts anew; over a halt each payment follows from the last.
        if before != place or before < 0:
            place, basis = before, _close(bars.close, known, before)
        if event.paid >= basis:
            raise DataNotFit(
                f"{bars.instrument_id} pays {event.paid} on {bars.session[event.row]} with a close "
                f"of {basis} before: the vendor convention has no factor for it, use total-return"
            )
        factors.append(1.0 - event.paid / basis if event.paid > 0.0 else 1.0)
        # What a share is worth before the next ex-date, should no close come between.
        basis = (basis - event.paid) / event.ratio
    return factors


def _total_return(
    close: Floats, known: RowNumbers, events: list[Event], counts: list[int]
) -> list[float]:
    """From the next close back: what a share is worth grows by what it is paid until then."""
    factors, worth, place = [], math.nan, -1
    for event, after in zip(reversed(events), reversed(counts), strict=True):
        if after != place:
            place, worth = after, _close(close, known, after)
        held = event.ratio * worth
        worth = held + event.paid
        factors.append(held / worth if event.paid > 0.0 else 1.0)
    return factors[::-1]


def _close(close: Floats, known: RowNumbers, place: int) -> float:
    """NaN without a close: the factor, and all that it scales, is then missing."""
    return float(close[known[place]]) if 0 <= place < len(known) else math.nan
