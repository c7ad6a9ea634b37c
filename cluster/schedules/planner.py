"""What plans: it enters occurrences that are due and routes notices, turn after turn."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final

from cluster.control.loop import TakeTurn, Term
from cluster.notices import outbox
from cluster.notices import store as notices
from cluster.schedules import store
from cluster.schedules.rules import DuePlan, plan
from cluster.schedules.table import Schedule, schedules
from cluster.stores.tasks import START, defer

_KEEP: Final = timedelta(days=90)
_NAMED: Final = 10  # times that a notice lists before it says how many there are


@contextmanager
def planning(term: Term) -> Iterator[TakeTurn]:
    """The loop of the schedules."""
    yield Planner(term).turn


class Planner:
    """Keeps in mind, from turn to turn, when it last forgot what is old."""

    def __init__(self, term: Term) -> None:
        self._settings = term.settings
        self._connection = term.connection
        self._clock = term.clock
        self._fenced = term.fenced
        self._forgot: datetime | None = None

    def turn(self) -> bool:
        """One look at every schedule and at the outbox; never in a hurry for the next.

        Each schedule in a transaction of its own: a planner that dies in between has entered some
        of what is due, and nothing by halves.
        """
        for schedule in schedules(self._settings).values():
            with self._fenced():
                self._plan(schedule)
        # A full batch: more may wait. Each in a transaction of its own, to hold the lease shortly.
        while self._route() == outbox.AT_ONCE:
            pass
        self._forget()
        return False

    def _plan(self, schedule: Schedule) -> None:
        """Enter what is due since the last time, and how far that went, in one transaction."""
        now = self._clock()
        # First, so that a schedule that is new has a row to lock.
        store.enter(self._connection, schedule.name, now=now)
        known = store.lock(self._connection, schedule.name)
        if known.paused_at is None:
            made = plan(schedule.when, schedule.catch_up, since=known.planned_until, now=now)
            self._enter(schedule, made, now)
        # Also while it is paused: what falls into the pause is never due.
        store.advance(self._connection, schedule.name, until=now)

    def _enter(self, schedule: Schedule, made: DuePlan, now: datetime) -> None:
        name = schedule.name
        for due_at in made.skipped:
            store.insert_run(
                self._connection, name, due_at, state="skipped", now=now, note=schedule.why
            )
        # Only a new row gets a task: one that stands got its own when it was entered.
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


def _missed(schedule: Schedule, made: DuePlan) -> dict[str, object]:
    """What people are told: which times were missed, and what becomes of them."""
    newest = [moment.isoformat() for moment in made.skipped[-_NAMED:]]
    return {
        "schedule": schedule.name,
        "caught up": "never, by its policy" if made.run is None else made.run.isoformat(),
        "skipped": len(made.skipped),
        "newest skipped": newest,
    }
