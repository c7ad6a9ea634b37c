"""The loop that enters what is due and routes notices: one at a time, under a lease."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Event
from time import monotonic
from typing import Final
from uuid import uuid4

from cluster.clock import Clock
from cluster.control import leases
from cluster.control.leases import Lease, LostLease
from cluster.logs import get_logger
from cluster.notices import outbox
from cluster.notices import store as notices
from cluster.schedules import store
from cluster.schedules.rules import Plan, plan
from cluster.schedules.table import Schedule, schedules
from cluster.settings import Settings
from cluster.stores.postgres import Connection, connect, listen, wait_for_news
from cluster.stores.tasks import START, defer

LEASE: Final = "schedules"
LEASE_S: Final = 15.0
_EVERY_S: Final = 5.0
_GLANCE_S: Final = 0.5  # how soon it sees that it has to stop
_KEEP: Final = timedelta(days=90)
_NAMED: Final = 10  # times that a notice lists before it says how many there are


class Planner:
    """Run it in a thread of its own; `every_s` is the longest wait between turns."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock,
        every_s: float = _EVERY_S,
        lease_s: float = LEASE_S,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._every_s = every_s
        self._lease_s = lease_s
        self._holder = uuid4().hex

    def run(self, stop: Event) -> None:
        """Turn until `stop` is set. Raises StoreError when PostgreSQL goes away: call it again."""
        with connect(self._settings, "serve") as connection:
            connection.autocommit = True
            listen(connection, "trii_notices")
            while not stop.is_set():
                self._lead(connection, stop)

    def _lead(self, connection: Connection, stop: Event) -> None:
        """Turn for as long as the lease is ours; wait a while where it is another's."""
        lease = leases.take(connection, LEASE, holder=self._holder, seconds=self._lease_s)
        if lease is None:
            stop.wait(min(self._every_s, self._lease_s / 3))
            return
        get_logger().info("schedules: leading", token=lease.token)
        turn = Turn(self._settings, connection, lease, self._clock)
        try:
            while not stop.is_set():
                turn.take()
                self._wait(connection, stop)
            leases.release(connection, lease)
        except LostLease:
            get_logger().warning("schedules: another planner leads", token=lease.token)

    def _wait(self, connection: Connection, stop: Event) -> None:
        """For the next turn's time, a new notice, or the end."""
        end = monotonic() + self._every_s
        while not stop.is_set() and monotonic() < end:
            if wait_for_news(connection, timeout_s=min(_GLANCE_S, self._every_s)):
                return


class Turn:
    """One look at every schedule and at the outbox."""

    def __init__(
        self, settings: Settings, connection: Connection, lease: Lease, clock: Clock
    ) -> None:
        self._settings = settings
        self._connection = connection
        self._lease = lease
        self._clock = clock
        self._forgot: datetime | None = None

    def take(self) -> None:
        """Each schedule in a transaction of its own: one that fails keeps none from its turn."""
        for schedule in schedules(self._settings).values():
            with self._fenced():
                self._plan(schedule)
        while self._route() == outbox.AT_ONCE:
            pass
        self._forget()

    def _plan(self, schedule: Schedule) -> None:
        """Enter what is due since the last time, and how far that went, in one transaction."""
        now = self._clock()
        store.enter(self._connection, schedule.name, now=now)
        known = store.lock(self._connection, schedule.name)
        if known.paused_at is None:
            made = plan(schedule.when, schedule.catch_up, since=known.planned_until, now=now)
            self._enter(schedule, made, now)
        store.advance(self._connection, schedule.name, until=now)

    def _enter(self, schedule: Schedule, made: Plan, now: datetime) -> None:
        name = schedule.name
        for due_at in made.skipped:
            store.insert_run(
                self._connection, name, due_at, state="skipped", now=now, note=schedule.why
            )
        if made.run is not None and store.insert_run(
            self._connection, name, made.run, state="due", now=now
        ):
            defer(self._connection, START, schedule=name, due_at=made.run.isoformat())
        if made.missed:
            outbox.notify(self._connection, "schedule.missed", _missed(schedule, made), now=now)

    def _route(self) -> int:
        with self._fenced():
            return outbox.route(self._connection, self._settings, now=self._clock())

    def _forget(self) -> None:
        """Once an hour, what is old and has ended."""
        now = self._clock()
        if self._forgot is not None and now - self._forgot < timedelta(hours=1):
            return
        with self._fenced():
            store.forget(self._connection, before=now - _KEEP)
            notices.forget(self._connection, before=now - _KEEP)
        self._forgot = now

    @contextmanager
    def _fenced(self) -> Iterator[None]:
        """A transaction in which nobody else can take the lease. Raises LostLease."""
        with self._connection.transaction():
            leases.hold(self._connection, self._lease)
            yield


def _missed(schedule: Schedule, made: Plan) -> dict[str, object]:
    """What people are told: which times were missed, and what becomes of them."""
    newest = [one.isoformat() for one in made.skipped[-_NAMED:]]
    return {
        "schedule": schedule.name,
        "caught up": "never, by its policy" if made.run is None else made.run.isoformat(),
        "skipped": len(made.skipped),
        "newest skipped": newest,
    }
