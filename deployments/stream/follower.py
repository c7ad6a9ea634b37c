"""What one client is sent: the job as it stands, what it has missed, then everything as it comes."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime
from random import SystemRandom
from typing import Final

from cluster.clock import Clock
from cluster.queue.rules.job import Job
from deployments.http.context import RequestContext
from deployments.stream.departure import Departure
from deployments.stream.feed import Feed
from deployments.stream.feeds import Feeds
from deployments.stream.wire import (
    HEARTBEAT,
    Entry,
    Position,
    entry,
    wait_before_reconnecting,
)

HEARTBEAT_S: Final = 5.0
_PIECE: Final = 64 * 1024
_RETRY_MS: Final = (1000, 4000)  # spread: all clients of a replica lose it at the same moment
_random = SystemRandom()


@dataclass(frozen=True)
class Follower:
    """Follows `feed` behind `after` (None: from the beginning), until its token is over at `until`."""

    feed: Feed
    departure: Departure
    clock: Clock
    until: datetime
    after: Position | None = None
    heartbeat_s: float = HEARTBEAT_S

    async def frames(self) -> AsyncGenerator[bytes, None]:
        """Bytes of the event stream."""
        yield wait_before_reconnecting(_random.randint(*_RETRY_MS))
        while not self.feed.ready:
            if not await self.feed.wait(self.feed.ring.end, timeout_s=self.heartbeat_s):
                yield HEARTBEAT
        ring = self.feed.ring
        # What lies before `joined` is history, all behind it is news. Nothing is awaited until
        # `now` has been read, so the state that is told first is the one at `joined`.
        place, joined = ring.first, ring.end
        yield b"".join(event.frame for event in [*self.feed.now(), *self._gap()])
        while True:
            # Before the ring is read: behind what it has dropped it would go on as if nothing were
            # missing.
            if last := self._reason_to_go(place):
                yield last.frame
                return
            found = ring.read(place, limit_bytes=_PIECE)
            wanted = [
                event for i, event in enumerate(found, place) if i >= joined or self._lacks(event)
            ]
            place += len(found)
            if wanted:
                yield b"".join(event.frame for event in wanted)
            if found and found[-1].kind in {"end", "closed"}:
                return
            if not await self.feed.wait(place, timeout_s=self.heartbeat_s):
                yield HEARTBEAT

    def _lacks(self, entry: Entry) -> bool:
        """Whether an event from before the client came is news: older states and progress are not."""
        if entry.kind == "log":
            return self.after is None or entry.position is None or entry.position > self.after
        return entry.kind in {"end", "closed"}

    def _gap(self) -> list[Entry]:
        """Which lines are not kept here any more, where the client lacks some of them."""
        lost, job = self.feed.ring.lost, self.feed.job
        if lost is None or (self.after is not None and self.after >= lost):
            return []
        # Each attempt counts its lines from 1: those that a client has of an earlier one say
        # nothing.
        known = self.after.line if self.after and self.after.attempt == lost.attempt else 0
        where = f"/v1/jobs/{job.id}/logs"
        lines = {"first_line": known + 1, "last_line": lost.line, "logs": where}
        return [entry("gap", lost, attempt=lost.attempt, **lines)]

    def _reason_to_go(self, place: int) -> Entry | None:
        if place < self.feed.ring.first:
            return entry("closed", None, reason="too slow: events were lost; come back")
        if self.departure.is_near:
            return entry("reconnect", None)
        # The edge checks a token once, when the stream begins.
        if self.clock() >= self.until:
            return entry("closed", None, reason="the token has expired")
        return None


class Streams:
    """What the route works with: the feeds of this replica, and whether it is about to go away."""

    def __init__(self, feeds: Feeds, departure: Departure, *, clock: Clock) -> None:
        self._feeds = feeds
        self._departure = departure
        self._clock = clock

    async def frames(
        self, context: RequestContext, job: Job, *, after: Position | None, until: datetime
    ) -> AsyncGenerator[bytes, None]:
        """The event stream of a job for one client."""
        self._departure.ask_by(context.is_leaving)
        async with self._feeds.following(job) as feed:
            follower = Follower(feed, self._departure, self._clock, until, after)
            async for frame in follower.frames():
                yield frame
