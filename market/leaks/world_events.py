"""What may happen in a world after a row: each event makes another world, the same up to that row."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import pandas as pd

from market.actions import Delisting
from market.arrays import from_day
from market.leaks.world import World, close_of, with_split
from market.universes import MembershipChange

Event = Callable[[World, int], World]
"""Takes a world and the last row that stays as it is; what is new becomes known one row later."""

_RESTATED = 5  # sessions up to the row whose bars are corrected


def split(world: World, row: int) -> World:
    """Ten new shares for one old."""
    return with_split(world, "world:W0", row=row + 1, ratio=10.0)


def delisting(world: World, row: int) -> World:
    """One instrument trades no more and is worth nothing."""
    session = world.sessions[row + 1]
    gone = world.bars["instrument_id"] == "world:W2"
    later = world.bars["session"] >= pd.Timestamp(session)
    action = Delisting(
        instrument_id="world:W2",
        ex_date=from_day(session),
        available_at=close_of(session),
        value=0.0,
    )
    return replace(world, bars=world.bars[~(gone & later)], actions=(*world.actions, action))


def restatement(world: World, row: int) -> World:
    """The last bars of one instrument are corrected, a session later."""
    span = world.sessions[max(row - _RESTATED + 1, 0)], world.sessions[row]
    old = (world.bars["instrument_id"] == "world:W0") & world.bars["session"].between(
        pd.Timestamp(span[0]), pd.Timestamp(span[1])
    )
    new = world.bars[old].copy()
    new[["open", "high", "low", "close"]] *= 1.1
    new["recorded_at"] = pd.Timestamp(close_of(world.sessions[row + 1]))
    return replace(world, bars=pd.concat([world.bars, new], ignore_index=True))


def membership(world: World, row: int) -> World:
    """The first instrument leaves the index and the last one enters."""
    last = max(world.bars["instrument_id"])
    session = world.sessions[row + 1]
    changes = (
        MembershipChange(name, from_day(session), member=member, available_at=close_of(session))
        for name, member in (("world:W0", False), (last, True))
    )
    return replace(world, members=(*world.members, *changes))


EVENTS: Mapping[str, Event] = {
    "split": split,
    "delisting": delisting,
    "restatement": restatement,
    "index membership": membership,
}
