"""Universes: which instruments were members of a set, and when that was known."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

import numpy as np

from market.arrays import Days, Mask, Stamps, to_stamp
from market.errors import BadParameter, DataNotFit
from market.instruments import DATASET, SYMBOL

UNIVERSE: Final = rf"{DATASET}(:{SYMBOL}(,{SYMBOL})*)?"
"""How a universe is named, as a regular expression: `mine`, or some of it as `mine:AAPL,MSFT`."""
MEMBER: Final = rf"({SYMBOL}|{DATASET}:[A-Za-z0-9^][A-Za-z0-9.\-^=_]{{0,39}})"
"""A symbol, or with its dataset before it, as in `mine:AAPL`; an instrument's id is one too."""


@dataclass(frozen=True, slots=True)
class UniverseName:
    """A dataset or a stored universe, and the symbols that it is narrowed to; () for all of it."""

    name: str
    symbols: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "UniverseName":
        """Raises BadParameter for a text that is not of the form UNIVERSE."""
        if not re.fullmatch(UNIVERSE, text):
            raise BadParameter(
                "universe: expected a dataset or a stored universe, such as mine, or some of its "
                "instruments, such as mine:AAPL,MSFT",
                parameter="universe",
            )
        name, _, symbols = text.partition(":")
        return cls(name, tuple(dict.fromkeys(symbols.split(","))) if symbols else ())

    def __str__(self) -> str:
        return f"{self.name}:{','.join(self.symbols)}" if self.symbols else self.name


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


def member_mask(tellings: Iterable[Membership], session: Days, known_at: Stamps) -> Mask:
    """Whether one instrument was a member at each session (n,), as known at ``known_at`` (n,), UTC.

    ``tellings`` is all that was ever said of its memberships, in the order in which it was
    recorded: of one start the later telling stands from its ``available_at`` on. A session without
    a time (NaT) is none of a member.
    """
    stands: dict[date, Mask] = {}
    for telling in tellings:
        inside = session >= np.datetime64(telling.start, "D")
        if telling.end is not None:
            inside &= session < np.datetime64(telling.end, "D")
        known = known_at >= to_stamp(telling.available_at)
        before = stands.get(telling.start, np.zeros(session.shape, dtype=np.bool_))
        stands[telling.start] = np.where(known, inside, before)
    member: Mask = np.zeros(session.shape, dtype=np.bool_)
    for inside in stands.values():
        member |= inside
    return member


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
