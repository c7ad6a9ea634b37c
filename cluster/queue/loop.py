"""What moves the queue: one loop at a time, under a lease, that takes turn after turn."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Final
from uuid import uuid4

from cluster.clock import Clock
from cluster.control import leases
from cluster.control.leases import LostLease
from cluster.logs import get_logger
from cluster.queue.commands import LEASE
from cluster.queue.mover import Turn
from cluster.queue.ray_jobs import RayJobs
from cluster.settings import Settings
from cluster.stores.postgres import Connection, connect, listen, wait_for_news

LEASE_S: Final = 10.0


class Loop:
    """Run it in a thread of its own; `busy_s` and `idle_s` are the waits between turns."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock,
        busy_s: float = 0.5,
        idle_s: float = 2.0,
        lease_s: float = LEASE_S,
        make_ray: Callable[[Settings], RayJobs] = RayJobs,
    ) -> None:
        self.busy_s, self.idle_s = busy_s, idle_s
        self.leads = False
        self._settings = settings
        self._clock = clock
        self._lease_s = lease_s
        self._make_ray = make_ray
        self._holder = uuid4().hex

    def run(self, stop: Event) -> None:
        """Turn until `stop` is set. Raises StoreError when PostgreSQL goes away: call it again."""
        try:
            with (
                connect(self._settings, "serve") as connection,
                self._make_ray(self._settings) as ray,
            ):
                connection.autocommit = True
                listen(connection, "trii_jobs")
                while not stop.is_set():
                    self._lead(connection, ray, stop)
        finally:
            self.leads = False

    def _lead(self, connection: Connection, ray: RayJobs, stop: Event) -> None:
        """Turn for as long as the lease is ours; wait a while where it is another's."""
        lease = leases.take(connection, LEASE, holder=self._holder, seconds=self._lease_s)
        self.leads = lease is not None
        if lease is None:
            stop.wait(self.busy_s)
            return
        get_logger().info("jobs: leading", token=lease.token)
        turn = Turn(self._settings, connection, ray, lease, self._clock)
        try:
            while not stop.is_set():
                busy = turn.take()
                wait_for_news(connection, timeout_s=self.busy_s if busy else self.idle_s)
            leases.release(connection, lease)
        except LostLease:
            get_logger().warning("jobs: another loop leads", token=lease.token)
        finally:
            self.leads = False


@contextmanager
def driving(settings: Settings, *, clock: Clock) -> Iterator[None]:
    """Move the queue from this process for the length of the block, wherever nobody else does.

    `trii up` runs its first jobs before the applications, and so before `control`.
    """
    stop = Event()
    loop = Loop(settings, clock=clock, idle_s=0.5)

    def drive() -> None:
        while not stop.is_set():
            try:
                loop.run(stop)
            except Exception as exc:  # noqa: BLE001 - whoever waits for a job needs the loop
                get_logger().warning("jobs: loop failed", error=str(exc))
                stop.wait(1.0)

    thread = Thread(target=drive, daemon=True, name="jobs")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
