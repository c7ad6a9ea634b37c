"""The leader of some control loops: one at a time, under a lease, each loop in a thread of its own."""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from threading import Event
from time import monotonic
from typing import Final
from uuid import uuid4

from cluster.clock import Clock
from cluster.control import leases
from cluster.control.leases import CONTROL, Lease, LostLease
from cluster.control.loop import Loop
from cluster.control.running import Health, Running
from cluster.logs import get_logger
from cluster.settings import Settings
from cluster.stores.postgres import Connection, connect

# So long nothing moves after a leader was killed. A turn may last longer than that.
LEASE_S: Final = 10.0
_ASK_S: Final = 0.5  # how often another's lease is asked for
_AGAIN_S: Final = 1.0  # after PostgreSQL went away
_TURN_S: Final = 5.0  # what a turn has to end in when its term is over


class Leader:
    """Run it in a thread of its own. Any number may run anywhere: one leads, the others wait."""

    def __init__(
        self,
        settings: Settings,
        loops: Iterable[Loop],
        *,
        clock: Clock,
        lease: str = CONTROL,
        lease_s: float = LEASE_S,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._lease = lease
        self._lease_s = lease_s
        # One for all its terms: after a break it takes its own lease again without waiting.
        self._holder = uuid4().hex
        self._loops = {loop.name: loop for loop in loops}
        self._health = {name: Health() for name in self._loops}
        self._running: dict[str, Running] = {}

    def retime(self, name: str, *, period_s: float, busy_s: float | None) -> None:
        """Give a loop other waits, from its next one on."""
        self._loops[name] = replace(self._loops[name], period_s=period_s, busy_s=busy_s)

    def health(self) -> dict[str, Health]:
        """How each loop fares, by name."""
        return {name: health.seen() for name, health in self._health.items()}

    def gone(self) -> list[str]:
        """Loops of the running term whose thread has ended: none, unless something is broken."""
        return [name for name, running in self._running.items() if running.gone]

    def run(self, stop: Event) -> None:
        """Lead wherever nobody else does, until `stop` is set, whatever ends a term before that."""
        while not stop.is_set():
            try:
                with connect(self._settings, "serve") as connection:
                    # Else the lease would lie uncommitted, its row locked, for the whole term.
                    connection.autocommit = True
                    while not stop.is_set():
                        self._campaign(connection, stop)
            except Exception as exc:  # noqa: BLE001 - such as PostgreSQL going away: it comes back
                get_logger().warning("control: a term broke off", error=str(exc))
                stop.wait(_AGAIN_S)

    def _campaign(self, connection: Connection, stop: Event) -> None:
        """Lead for as long as the lease is ours; wait a while where it is another's."""
        lease = leases.take(connection, self._lease, holder=self._holder, seconds=self._lease_s)
        if lease is None:
            stop.wait(_ASK_S)
            return
        get_logger().info("control: leading", lease=lease.name, token=lease.token)
        # A new event a term: a loop of an earlier term that hangs must not take this one for its own.
        over = Event()
        self._begin(lease, over)
        try:
            # Five tries before it runs out: one slow answer of PostgreSQL costs no term.
            while not stop.wait(self._lease_s / 5) and not over.is_set():
                leases.prolong(connection, lease)
        except LostLease:
            over.set()
        finally:
            # In this order: `_end` sets `over` whatever ended the term.
            lost, ended = over.is_set(), self._end(over)
        # Given back only where every turn has ended: a late one would write beside the next leader's.
        if lost:
            get_logger().warning("control: another leads", lease=lease.name, token=lease.token)
        elif ended:
            leases.release(connection, lease)

    def _begin(self, lease: Lease, over: Event) -> None:
        """Start every loop."""
        started = {}
        for name, health in self._health.items():
            health.begin()
            # Looked up anew at each wait: `retime` puts another loop in its place.
            started[name] = Running(
                partial(self._loops.__getitem__, name),
                health,
                settings=self._settings,
                lease=lease,
                clock=self._clock,
                over=over,
            )
            started[name].thread.start()
        # As a whole: `gone` is asked from another thread.
        self._running = started

    def _end(self, over: Event) -> bool:
        """End every loop; whether all have ended in time. Then the lease may go to the next one.

        A turn that hangs is left alone: its lease runs out, and it can write nothing after that.
        """
        over.set()
        # One end for all: they were told at once, and the slowest one decides.
        end = monotonic() + _TURN_S
        for running in self._running.values():
            running.thread.join(max(0.0, end - monotonic()))
        late = [name for name, running in self._running.items() if running.thread.is_alive()]
        if late:
            get_logger().warning("control: turns did not end in time", loops=late)
        for health in self._health.values():
            health.end()
        self._running = {}
        return not late
