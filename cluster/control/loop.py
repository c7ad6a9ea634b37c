"""A control loop: what it is called, when its turns come, and what a turn does while we lead.

All that a loop needs to know of the rest: one process leads and takes the turns of every loop, each
in a thread of its own, so that one which hangs or fails stops no neighbour. A turn that fails is
taken again, later each time. Who may have lost the lead finds out in `Term.fenced`, and nowhere else.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from cluster.clock import Clock
from cluster.control import leases
from cluster.control.leases import Lease
from cluster.settings import Settings
from cluster.stores.postgres import Connection

TakeTurn = Callable[[], bool]
"""One turn; whether there is so much to do that the next one should come soon."""


@dataclass(frozen=True)
class Term:
    """What a loop works with for as long as its leader leads: a connection of its own, the lease."""

    settings: Settings
    connection: Connection
    lease: Lease
    clock: Clock

    @contextmanager
    def fenced(self) -> Iterator[None]:
        """A transaction in which nobody else can take the lease. Raises LostLease.

        Keep it short, and ask nobody else in it: the lease is not prolonged while it is open.
        """
        with self.connection.transaction():
            leases.hold(self.connection, self.lease)
            yield


@dataclass(frozen=True)
class Loop:
    """A row of the table of loops.

    `begin` makes what takes the turns of one term, and closes it. The next turn comes after
    `period_s`, after `busy_s` where the turn asked for it, or as soon as something is told on a
    channel of PostgreSQL.
    """

    name: str
    begin: Callable[[Term], AbstractContextManager[TakeTurn]]
    period_s: float
    busy_s: float | None = None
    channels: tuple[str, ...] = ()

    def wait_s(self, *, busy: bool) -> float:
        """How long until the next turn."""
        return self.busy_s if busy and self.busy_s is not None else self.period_s
