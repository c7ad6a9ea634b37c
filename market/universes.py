"""Universes: which instruments were members of a set, and when that was known."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Membership:
    """One instrument in one universe from `start` until `end` (half-open; None while it is in it).

    `available_at` (aware) says when the market could know of it: as a rule the announcement. An
    exit is the same membership told again with its end, available when the exit was announced.
    """

    universe: str
    instrument_id: str
    start: date
    end: date | None
    available_at: datetime

    def holds_on(self, day: date) -> bool:
        """Whether the instrument is a member on that day."""
        return self.start <= day and (self.end is None or day < self.end)


def members_on(memberships: Iterable[Membership], day: date) -> list[str]:
    """The ids of the members on that day, sorted."""
    return sorted({one.instrument_id for one in memberships if one.holds_on(day)})
