"""What may happen in a world after a row: each event makes another world, the same up to that row.

An event befalls every second instrument: those of even places after even rows, else the others; what
is told anew, whatever was split before.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from market.actions import Delisting, Split
from market.arrays import Days, from_day
from market.leaks.world import CLOSE, World, close_of, with_split
from market.universes import MembershipChange

WorldEvent = Callable[[World, int], World]
"""Takes a world and the last row that stays as it is; what is new becomes known one row later."""

_RESTATED = 5  # sessions up to the row whose bars are corrected
_PRICES = ["open", "high", "low", "close"]
_LONGER = 7  # sessions by which a longer market is longer


def split(world: World, row: int) -> World:
    """Ten new shares for one old."""
    for name in _befallen(world, row):
        world = with_split(world, name, row=row + 1, ratio=10.0)
    return world


def delisting(world: World, row: int) -> World:
    """Instruments trade no more and are worth nothing."""
    session, names = world.sessions[row + 1], _befallen(world, row)
    gone = world.bars["instrument_id"].isin(names)
    later = world.bars["session"] >= pd.Timestamp(session)
    actions = (
        Delisting(
            instrument_id=name,
            ex_date=from_day(session),
            available_at=close_of(session),
            value=0.0,
        )
        for name in names
    )
    return replace(world, bars=world.bars[~(gone & later)], actions=(*world.actions, *actions))


def restatement(world: World, row: int) -> World:
    """The last bars are corrected, a session later."""
    span = world.sessions[max(row - _RESTATED + 1, 0)], world.sessions[row]
    old = world.bars["instrument_id"].isin(_befallen(world, row)) & world.bars["session"].between(
        pd.Timestamp(span[0]), pd.Timestamp(span[1])
    )
    new = world.bars[old].copy()
    new[_PRICES] *= 1.1
    new["recorded_at"] = pd.Timestamp(close_of(world.sessions[row + 1]))
    return replace(world, bars=pd.concat([world.bars, new], ignore_index=True))


def amendment(world: World, row: int) -> World:
    """Splits of before are told anew, with another ratio."""
    again = [replace(split, ratio=3.0 * split.ratio) for split in _splits(world, row)]
    return _told_later(world, row, again)


def withdrawal(world: World, row: int) -> World:
    """Splits of before are called off."""
    return _told_later(
        world, row, [replace(split, withdrawn=True) for split in _splits(world, row)]
    )


def membership(world: World, row: int) -> World:
    """Members of the index leave it, and who is none enters."""
    session = world.sessions[row + 1]
    inside = world.index_on(from_day(world.sessions[row]))
    outside = set(world.bars["instrument_id"]) - inside
    changes = (
        MembershipChange(name, from_day(session), member=member, available_at=close_of(session))
        for name, member in (
            *((event, False) for event in _befallen(world, row) if event in inside),
            *((event, True) for event in sorted(outside)),
        )
    )
    return replace(world, members=(*world.members, *changes))


def prices(world: World, row: int) -> World:
    """Prices and volumes take another path, half again as high."""
    later = world.bars["session"] > pd.Timestamp(world.sessions[row])
    befallen = later & world.bars["instrument_id"].isin(_befallen(world, row))
    rng, bars = np.random.default_rng(row), world.bars.copy()
    moves = 1.5 * np.exp(np.cumsum(rng.normal(0, 0.02, len(world.sessions))))
    at = np.searchsorted(world.sessions, bars["session"].to_numpy().astype("datetime64[D]"))
    for name in [*_PRICES, "volume"]:
        bars.loc[befallen, name] *= moves[at[befallen]]
    return replace(world, bars=bars)


def shorter(world: World, row: int) -> World:
    """Nothing is known yet of what comes after the row."""
    return world.until(close_of(world.sessions[row]))


def longer(world: World, row: int) -> World:
    """The market goes on: its last bars come again in sessions that follow."""
    del row
    last = world.sessions[-1]
    more: Days = last + np.arange(1, _LONGER + 1)
    own = world.bars[world.bars["session"] == pd.Timestamp(last)]
    frames = [world.bars, *(_at(own, session) for session in more)]
    bars = pd.concat(frames, ignore_index=True)
    return replace(world, sessions=np.concatenate([world.sessions, more]), bars=bars)


EVENTS: Mapping[str, WorldEvent] = {
    "split": split,
    "amended split": amendment,
    "split called off": withdrawal,
    "delisting": delisting,
    "restatement": restatement,
    "index membership": membership,
    "other prices": prices,
    "shorter market": shorter,
    "longer market": longer,
}


def _splits(world: World, row: int) -> list[Split]:
    last = from_day(world.sessions[row])
    return [
        action for action in world.actions if isinstance(action, Split) and action.ex_date <= last
    ]


def _told_later(world: World, row: int, again: list[Split]) -> World:
    at = close_of(world.sessions[row + 1])
    told = [replace(split, available_at=at) for split in again]
    return replace(world, actions=(*world.actions, *told))


def _befallen(world: World, row: int) -> list[str]:
    return sorted(set(world.bars["instrument_id"]))[row % 2 :: 2]


def _at(bars: pd.DataFrame, session: np.datetime64) -> pd.DataFrame:
    """The same bars in another session, known at its close."""
    known = pd.Timestamp(session).tz_localize("UTC") + CLOSE
    return bars.assign(session=pd.Timestamp(session), available_at=known, recorded_at=known)
