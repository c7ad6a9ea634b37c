"""Gaps: the bars that a calendar expects and a series lacks."""

from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from market.arrays import Mask, Stamps, from_stamp
from market.bars import Bars
from market.calendar import Calendar
from market.timeframes import step_of


@dataclass(frozen=True, slots=True)
class Gap:
    """Neighbouring bars that are missing: opens of the first and the last (aware UTC), how many."""

    first: datetime
    last: datetime
    count: int


def gaps(
    bars: Bars, calendar: Calendar, *, timeframe: str, start: date, end: date
) -> tuple[Gap, ...]:
    """What ``bars`` lack of the sessions from ``start`` to ``end``, in time order.

    A bar without a close is missing. Holidays, lunch breaks and the time after an early close are
    no gaps; a gap goes on over them, so a week's halt is one. A minute without a trade has no bar
    with most feeds: the reader knows whether that is a fault. Raises BadParameter for an unknown
    timeframe, DataNotFit for a span that the calendar does not cover.
    """
    calendar.require(start, end)
    expected, present = _expected(bars, calendar, timeframe, start, end)
    # Present on either side, so that a gap at an end has its edge too.
    edges = np.diff(np.concatenate(([True], present, [True])).astype(np.int8))
    firsts, stops = np.flatnonzero(edges == -1), np.flatnonzero(edges == 1)
    return tuple(
        Gap(from_stamp(expected[first]), from_stamp(expected[stop - 1]), int(stop - first))
        for first, stop in zip(firsts, stops, strict=True)
    )


def _expected(
    bars: Bars, calendar: Calendar, timeframe: str, start: date, end: date
) -> tuple[Stamps, Mask]:
    """Opens of the expected bars, and whether each is there."""
    known = ~np.isnan(bars.close)
    step = step_of(timeframe)
    if step is not None:
        expected = calendar.stamps(start, end, step=step)
        return expected, _among(expected, bars.timestamp[known])
    days = calendar.sessions(start, end)
    return calendar.opens[_among(calendar.days, days)], _among(days, bars.session[known])


def _among(times: Stamps, held: Stamps) -> Mask:
    """Which of the times are held, (n,); both rise, so that neither need be sorted."""
    if not len(held):
        return np.zeros(len(times), dtype=bool)
    found: Mask = held[np.minimum(np.searchsorted(held, times), len(held) - 1)] == times
    return found
