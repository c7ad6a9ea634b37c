"""A small market as a lake holds it: raw bars with both clocks, actions, and who was in the index."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd

from market.actions import Action, Split
from market.arrays import Days, from_day
from market.leaks.martingale import martingale_bars
from market.universes import MembershipChange, members_after

CLOSE = timedelta(hours=21)
"""A session closes at 21:00 UTC of its date; what becomes known of it, does so then."""


@dataclass(frozen=True, eq=False)
class World:
    """Everything that is on record, whenever it became known.

    ``bars`` has a row each of instrument_id, session, open, high, low, close, volume (raw prices)
    and available_at, recorded_at (aware, UTC). A restated bar is a second row with a later
    recorded_at. ``sessions`` (n,) are those of the market; ``actions`` and ``members`` carry their
    own available_at.
    """

    sessions: Days
    bars: pd.DataFrame
    actions: tuple[Action, ...]
    members: tuple[MembershipChange, ...]

    def until(self, at: datetime) -> "World":
        """What was known at ``at`` (aware)."""
        known = (self.bars["available_at"] <= at) & (self.bars["recorded_at"] <= at)
        closes = [close_of(session) <= at for session in self.sessions]
        return World(
            self.sessions[np.array(closes, dtype=bool)],
            self.bars[known],
            tuple(action for action in self.actions if action.available_at <= at),
            tuple(member for member in self.members if member.available_at <= at),
        )

    def closes(self) -> pd.DataFrame:
        """The last vintage of each close: sessions by instruments, NaN without a bar."""
        # Stable: of vintages recorded together the later row stands.
        ordered = self.bars.sort_values("recorded_at", kind="stable")
        last = ordered.drop_duplicates(["instrument_id", "session"], keep="last")
        panel = last.pivot(index="session", columns="instrument_id", values="close")  # noqa: PD010 - one value a cell
        return panel.reindex(pd.DatetimeIndex(self.sessions, name="session"))

    def index_on(self, day: date) -> set[str]:
        """The members on that day, as far as this world knows."""
        return members_after(self.members, day)


def close_of(session: np.datetime64) -> datetime:
    """When the session closes, aware."""
    return datetime.combine(from_day(session), datetime.min.time(), UTC) + CLOSE


def base_world(*, seed: int, sessions: int, instruments: int) -> World:
    """A market with a split long past: all but the last instrument are in the index."""
    draws = np.random.SeedSequence(seed).generate_state(instruments)
    frames = [
        martingale_bars(seed=int(draw), rows=sessions).assign(instrument_id=f"world:W{at}")
        for at, draw in enumerate(draws)
    ]
    bars = pd.concat(frames, ignore_index=True)
    bars["available_at"] = bars["session"].dt.tz_localize("UTC") + CLOSE
    bars["recorded_at"] = bars["available_at"]
    days: Days = frames[0]["session"].to_numpy().astype("datetime64[D]")
    world = World(days, bars, (), tuple(_founders(days, instruments)))
    return with_split(world, "world:W1", row=sessions // 8, ratio=2.0)


def _founders(days: Days, instruments: int) -> Iterator[MembershipChange]:
    start = from_day(days[0])
    known = datetime.combine(start, datetime.min.time(), UTC)
    for at in range(instruments - 1):
        yield MembershipChange(f"world:W{at}", start, member=True, available_at=known)


def with_split(world: World, instrument_id: str, *, row: int, ratio: float) -> World:
    """Split on session ``row``, announced with that session's bar; raw prices fall from there."""
    session = world.sessions[row]
    own = world.bars["instrument_id"] == instrument_id
    later = own & (world.bars["session"] >= pd.Timestamp(session))
    bars = world.bars.copy()
    bars.loc[later, ["open", "high", "low", "close"]] /= ratio
    bars.loc[later, "volume"] *= ratio
    action = Split(
        instrument_id=instrument_id,
        ex_date=from_day(session),
        available_at=close_of(session),
        ratio=ratio,
    )
    return replace(world, bars=bars, actions=(*world.actions, action))
