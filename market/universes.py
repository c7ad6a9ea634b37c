"""Universes: which instruments were members of a set, and when that was known."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime

from market.errors import DataNotFit


@dataclass(frozen=True, slots=True)
class Membership:
    """One instrument in one universe from ``start`` until ``end`` (half-open; None: it stays).

    ``available_at`` (aware) says when the market could know of it: as a rule the announcement. An
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


@dataclass(frozen=True, slots=True)
class MembershipChange:
    """From ``session`` on the instrument is a member, or (``member`` false) no longer.

    ``available_at`` (aware) is when the market could know of it.
    """

    instrument_id: str
    session: date
    member: bool
    available_at: datetime


def members_on(memberships: Iterable[Membership], day: date) -> list[str]:
    """The ids of the members on that day, sorted."""
    return sorted(
        {membership.instrument_id for membership in memberships if membership.holds_on(day)}
    )


def members_after(
    changes: Iterable[MembershipChange], day: date, *, at: datetime | None = None
) -> set[str]:
    """The ids of the members on that day, as far as was known at ``at`` (aware; None: ever)."""
    state: dict[str, bool] = {}
    for change in _ordered(changes):
        if change.session <= day and (at is None or change.available_at <= at):
            state[change.instrument_id] = change.member
    return {name for name, member in state.items() if member}


def intervals(universe: str, changes: Iterable[MembershipChange]) -> Iterator[Membership]:
    """Every telling of a membership that the changes are: an entry, and the same with its end.

    In order of session. Raises DataNotFit where an instrument enters twice or leaves without being
    in it.
    """
    inside: dict[str, Membership] = {}
    for change in _ordered(changes):
        stays = inside.pop(change.instrument_id, None)
        if change.member == (stays is not None):
            verb = "enters" if change.member else "leaves"
            raise DataNotFit(f"{change.instrument_id} {verb} {universe} twice by {change.session}")
        if stays is None:
            told = Membership(
                universe, change.instrument_id, change.session, None, change.available_at
            )
            inside[change.instrument_id] = told
        else:
            told = replace(stays, end=change.session, available_at=change.available_at)
        yield told


def _ordered(changes: Iterable[MembershipChange]) -> list[MembershipChange]:
    # Of two tellings for one session the later known stands.
    return sorted(changes, key=lambda change: (change.session, change.available_at))
