"""Parts of sessions: the stretches in which an exchange trades without a break."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from market.arrays import Stamps

Places = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Parts:
    """Stretches of trading in time order, shape (m,): a session with a lunch break has two.

    A part holds the instants start <= t < end (datetime64[us], UTC); ``sessions`` is the place of
    its session among the calendar's days.
    """

    starts: Stamps
    ends: Stamps
    sessions: Places

    def locate(self, stamps: Stamps) -> Places:
        """The place of the part that holds each stamp; -1 where none does."""
        place = np.searchsorted(self.starts, stamps, side="right") - 1
        # Places of -1 are looked up at 0, and masked by the first half.
        inside = (place >= 0) & (stamps < self.ends[np.maximum(place, 0)])
        return np.where(inside, place, -1)

    def bins(self, stamps: Stamps, step: np.timedelta64) -> tuple[Stamps, Stamps]:
        """Start and end of the bar of length ``step`` that holds each stamp.

        Bars are counted from the start of their part and end with it, so that none spans a break
        or a close; the last may be short. Every stamp must lie in a part (``locate`` >= 0).
        """
        place = self.locate(stamps)
        origin = self.starts[place]
        start = origin + (stamps - origin) // step * step
        return start, np.minimum(start + step, self.ends[place])

    def grid(self, first: int, stop: int, step: np.timedelta64) -> Stamps:
        """Starts of all bars of length ``step`` in the sessions at places ``first`` to ``stop``."""
        low, high = np.searchsorted(self.sessions, (first, stop), side="left")
        starts, ends = self.starts[low:high], self.ends[low:high]
        counts = -((starts - ends) // step)  # rounds up: the last bar may be short
        origin = np.repeat(starts, counts)
        ordinal = np.arange(len(origin)) - np.repeat(np.cumsum(counts) - counts, counts)
        grid: Stamps = origin + ordinal * step
        return grid


def parts_of(opens: Stamps, closes: Stamps, break_starts: Stamps, break_ends: Stamps) -> Parts:
    """The parts of sessions whose breaks are given, NaT where a session has none."""
    paused = np.flatnonzero(~np.isnat(break_starts))
    first_ends = closes.copy()
    first_ends[paused] = break_starts[paused]
    starts = np.concatenate((opens, break_ends[paused]))
    order = np.argsort(starts, kind="stable")
    return Parts(
        starts[order],
        np.concatenate((first_ends, closes[paused]))[order],
        np.concatenate((np.arange(len(opens)), paused))[order],
    )
