"""The supervisor as a component: it watches the others and starts again what died."""

import os
import sys
from dataclasses import dataclass

from cluster.laptop import processes, restarts
from cluster.laptop.context import Platform
from cluster.laptop.restarts import RESTART, SUPERVISOR
from cluster.laptop.state import PlatformState


@dataclass(frozen=True)
class Supervisor:
    """One process that waits for the others' ends; it answers on no port."""

    name: str = SUPERVISOR
    port: str | None = None

    def prepare(self, platform: Platform) -> None:
        """Nothing has to stand before it."""

    def start(self, platform: Platform) -> None:
        platform.spawn(self.name, [sys.executable, "-m", "cluster.laptop.supervision.watch"])

    def stop(self, platform: Platform) -> None:
        processes.terminate(platform.record(self.name), timeout_s=5)
        processes.end_marked(platform.state.platform_id, component=self.name, timeout_s=5)
        restarts.forget(platform.home)


def interrupt(state: PlatformState) -> None:
    """End what the supervisor is at, half-way: whoever calls does it himself, or undoes it.

    What is left half started is what an `up` that was killed leaves, and is found in the same way.
    """
    records = [
        known
        for process in processes.marked(state.platform_id, SUPERVISOR)
        if process.pid != os.getpid()
        and RESTART in processes.command_line(process)
        and (known := processes.seen(process))
    ]
    for known in records:
        processes.terminate(known, timeout_s=5)
