"""What is due, and what an outage has made of it. Pure: no clock, no store."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from cluster.schedules.times import When

CatchUp = Literal["newest", "skip"]
GRACE: Final = timedelta(minutes=10)
"""An occurrence that is planned later than this has missed its time."""


@dataclass(frozen=True)
class DuePlan:
    """The one occurrence to run, if any, and those that never will. `missed`: people are told."""

    run: datetime | None
    skipped: Sequence[datetime]
    missed: bool


def plan(when: When, catch_up: CatchUp, *, since: datetime, now: datetime) -> DuePlan:
    """What to do with the occurrences after `since` up to `now`, both aware.

    At most one runs, the newest: each of our jobs does by itself what earlier ones would have done.
    With `skip` it runs only within GRACE of its time, for what is of no use later.
    """
    due = when.due(since, now)
    if not due:
        return DuePlan(None, (), missed=False)
    late = now - due[-1] > GRACE
    if late and catch_up == "skip":
        return DuePlan(None, due, missed=True)
    return DuePlan(due[-1], due[:-1], missed=late or len(due) > 1)
