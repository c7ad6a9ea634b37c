"""One loop at work in a thread of its own: turn after turn, and again with patience after a failure."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Event, Thread
from time import monotonic
from typing import Final

from cluster.clock import Clock
from cluster.control.leases import Lease, LostLease
from cluster.control.loop import Loop, Term
from cluster.logs import get_logger
from cluster.settings import Settings
from cluster.stores.postgres import Connection, connect, listen, wait_for_news

_FIRST_WAIT_S: Final = 0.5
_LAST_WAIT_S: Final = 15.0
_GLANCE_S: Final = 0.5  # how soon it sees that the term is over


@dataclass
class Health:
    """How a loop fares: what people and metrics see of it. One thread writes it, any may read."""

    turned: float | None = None
    failures: int = 0
    in_a_row: int = 0
    error: str = ""

    @property
    def age_s(self) -> float:
        """Since its last turn that succeeded, or the term's begin; 0 where another leads."""
        return 0.0 if self.turned is None else monotonic() - self.turned

    def begin(self) -> None:
        self.turned = monotonic()

    def end(self) -> None:
        self.turned = None

    def seen(self) -> "Health":
        """A copy that does not change any more."""
        return replace(self)

    def succeeded(self) -> None:
        self.turned, self.in_a_row, self.error = monotonic(), 0, ""

    def failed(self, exc: Exception) -> None:
        self.failures, self.in_a_row = self.failures + 1, self.in_a_row + 1
        self.error = f"{type(exc).__name__}: {exc}"

    @property
    def patience_s(self) -> float:
        """How long to wait before the next try: longer after each failure in a row."""
        # The exponent is bounded: after a thousand failures the power itself would overflow.
        return min(_FIRST_WAIT_S * 2.0 ** min(self.in_a_row - 1, 10), _LAST_WAIT_S)


class Running:
    """A loop for one term. `over` ends it, and is set by it where the lease turns out to be lost.

    `loop` is asked anew before each wait: its periods may change in place.
    """

    def __init__(
        self,
        loop: Callable[[], Loop],
        health: Health,
        *,
        settings: Settings,
        lease: Lease,
        clock: Clock,
        over: Event,
    ) -> None:
        self._loop = loop
        self._health = health
        self._settings = settings
        self._lease = lease
        self._clock = clock
        self._over = over
        # A daemon: a turn that hangs keeps no process from ending.
        self.thread = Thread(target=self._run, daemon=True, name=f"control-{loop().name}")

    @property
    def gone(self) -> bool:
        """Whether its thread has ended before its term: nothing in it does that on purpose."""
        return not self.thread.is_alive() and not self._over.is_set()

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                # After a failure with a new connection and an empty memory: the rows tell the rest.
                self._turn_by_turn()
            except LostLease:
                # Whoever notices first ends the term of its neighbours too.
                self._over.set()
            except Exception as exc:  # noqa: BLE001 - whatever ends a turn, the next one is tried
                # What breaks behind the end of the term is no failure of the loop.
                if self._over.is_set():
                    return
                self._health.failed(exc)
                name, error = self._loop().name, self._health.error
                get_logger().warning("loop failed", loop=name, error=error)
                self._over.wait(self._health.patience_s)

    def _turn_by_turn(self) -> None:
        """On a connection of its own: what one loop locks or breaks is no other's."""
        with connect(self._settings, "serve") as connection:
            connection.autocommit = True
            # Before the first turn, which sees what was told earlier: nothing falls between.
            for channel in self._loop().channels:
                listen(connection, channel)
            term = Term(self._settings, connection, self._lease, self._clock)
            with self._loop().begin(term) as turn:
                while not self._over.is_set():
                    busy = turn()
                    if not self._over.is_set():  # a turn that outlived its term is nobody's news
                        self._health.succeeded()
                    self._wait(connection, busy=busy)

    def _wait(self, connection: Connection, *, busy: bool) -> None:
        """For the next turn's time, news, or the end of the term."""
        began = monotonic()
        while not self._over.is_set():
            left = began + self._loop().wait_s(busy=busy) - monotonic()
            if left <= 0 or wait_for_news(connection, timeout_s=min(_GLANCE_S, left)):
                return
