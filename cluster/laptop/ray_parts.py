"""The processes of Ray's head besides the raylet: each may die alone, and is started again alone.

Their command lines, and what Ray's launcher added to their environment, are read from the running
ones and kept, since nobody but the launcher knows them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import psutil

from cluster.laptop import ports, processes
from cluster.laptop.context import Platform
from cluster.laptop.ray_variables import ray_environment
from cluster.laptop.state import Part
from cluster.waiting import wait_until

_START_TIMEOUT_S = 60.0


@dataclass(frozen=True)
class PartKind:
    """`told_by` ends one of the first words of its command line; `port` names the one it answers on."""

    told_by: str
    port: str | None = None


OF: Final = "ray"  # the component
RAYLET: Final = "/raylet/raylet"  # the node itself: its actors end with it, so it is no part
PARTS: Final = {
    "gcs": PartKind("/gcs/gcs_server", "ray"),
    "dashboard": PartKind("/dashboard/dashboard.py", "dashboard"),
    "ray_client": PartKind("ray.util.client.server", "ray_client"),
    "autoscaler": PartKind("/monitor.py"),
    "log_monitor": PartKind("/log_monitor.py"),
}


def remember(platform: Platform) -> bool:
    """Record the raylet as the component `ray` and the other processes as its parts.

    False where there is no raylet.
    """
    found = processes.marked(platform.state.platform_id, OF)
    oldest_last = sorted(found, key=_started, reverse=True)
    running = {_kind(process): process for process in oldest_last}
    raylet = processes.seen(running["raylet"]) if "raylet" in running else None
    if raylet is None:
        return False
    given = platform.environment(OF) | ray_environment(platform)
    found_parts = {
        name: Part(
            known, processes.command_line(running[name]), _added(known.pid, given), kind.port
        )
        for name, kind in PARTS.items()
        if name in running and (known := processes.seen(running[name]))
    }
    platform.remember(OF, raylet, found_parts)
    return True


def dead(platform: Platform) -> list[str]:
    """The names of parts that ended though nobody ended them."""
    return [name for name, p in platform.state.parts.items() if not processes.is_alive(p.process)]


def revive(platform: Platform, name: str) -> bool:
    """Start a part again as it was started first, on the same files and ports; whether it answers."""
    platform.spawn_part(name, ray_environment(platform) | platform.state.parts[name].environment)
    return _answers(platform, name)


def _answers(platform: Platform, name: str) -> bool:
    """Whether a part that was started answers in time; one without a port does while it runs."""
    port = platform.state.parts[name].port

    def alive() -> bool:
        return processes.is_alive(platform.state.parts[name].process)

    if port is None:
        return alive()
    number = platform.port(port)
    return wait_until(lambda: ports.answers(number), timeout_s=_START_TIMEOUT_S, alive=alive)


def _started(process: psutil.Process) -> float:
    known = processes.seen(process)
    return known.started if known else 0.0


def _kind(process: psutil.Process) -> str:
    told = {RAYLET: "raylet"} | {kind.told_by: name for name, kind in PARTS.items()}
    words = processes.command_line(process)[:5]
    return next((name for end, name in told.items() for word in words if word.endswith(end)), "")


def _added(pid: int, given: Mapping[str, str]) -> dict[str, str]:
    """What a process has in its environment beyond what its launcher was given; no secret of ours."""
    found = processes.environment(pid)
    return {name: value for name, value in found.items() if given.get(name) != value}
