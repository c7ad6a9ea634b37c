"""The state of each component, from PIDs, start times and ports: fast, and nothing is imported."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from cluster.fleet.elsewhere import is_told
from cluster.laptop import ports, processes, restarts
from cluster.laptop import state as states
from cluster.laptop.processes import ProcessRecord
from cluster.laptop.restarts import SUPERVISOR, Restarts
from cluster.laptop.state import PlatformState
from cluster.laptop.steps import STEPS
from cluster.settings import Settings

# Component → the port it answers on. The API is HAProxy's, which Ray starts and restarts.
PORTS = {"postgres": "postgres", "valkey": "redis", "mlflow": "mlflow", "ray": "dashboard"}
Condition = Literal["running", "stopped", "dead", "silent"]


@dataclass(frozen=True)
class ComponentStatus:
    """`dead`: its process is gone though nobody ended it. `silent`: it runs but does not answer.

    `restarts`: how often the supervisor started it again; `reason`: what happened to it last.
    """

    name: str
    state: Condition
    pid: int | None
    address: str | None
    age_s: float | None
    restarts: int = 0
    reason: str | None = None


@dataclass(frozen=True)
class Status:
    """The platform at a glance; `ready` says that all of it runs and every step is done."""

    ready: bool
    urls: dict[str, str]
    components: list[ComponentStatus]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def status(settings: Settings) -> Status:
    """The state of the platform at `settings.home`."""
    state = states.load(settings.home)
    if state is not None:
        told = restarts.load(settings.home)
        components = [_with(told, row) for row in _rows(state, settings.ray_host)]
        done = all(step.name in state.steps for step in STEPS)
    elif is_told(settings):
        components, done = list(_elsewhere(settings)), True
    else:
        return Status(ready=False, urls={}, components=[])
    urls = {
        "api": settings.api_url,
        "docs": f"{settings.api_url}/docs",
        "dashboard": settings.dashboard_url,
        "mlflow": settings.mlflow_url,
    }
    ready = done and all(c.state == "running" for c in components)
    return Status(ready=ready, urls=urls, components=components)


def _elsewhere(settings: Settings) -> Iterator[ComponentStatus]:
    """Of a platform elsewhere: whether each of its services is reached from here."""
    addresses = {
        "postgres": (settings.postgres_host, settings.postgres_port),
        "valkey": (settings.redis_host, settings.redis_port),
        "mlflow": (settings.mlflow_host, settings.mlflow_port),
        "ray": (settings.ray_host, settings.dashboard_port),
        "api": (settings.host, settings.api_port),
    }
    for name, (host, port) in addresses.items():
        condition: Condition = "running" if ports.answers(port, host) else "silent"
        yield _row(name, condition, None, f"{host}:{port}")


def _rows(state: PlatformState, host: str) -> Iterator[ComponentStatus]:
    for name, port in PORTS.items():
        yield _component(state.processes.get(name), name, host, state.ports[port])
    for name, part in state.parts.items():
        yield _component(part.process, name, host, state.ports[part.port] if part.port else None)
    yield _api(state, host)
    yield _component(state.processes.get(SUPERVISOR), SUPERVISOR, host, None)


def _with(told: Mapping[str, Restarts], row: ComponentStatus) -> ComponentStatus:
    known = told.get(row.name, Restarts())
    return replace(row, restarts=known.count, reason=known.reason or None)


def _component(
    known: ProcessRecord | None, name: str, host: str, port: int | None
) -> ComponentStatus:
    condition: Condition
    if known is None:
        condition = "stopped"
    elif not processes.is_alive(known):
        condition = "dead"
    else:
        condition = "running" if port is None or ports.answers(port, host) else "silent"
    alive = condition in {"running", "silent"}
    address = None if port is None else f"{host}:{port}"
    return _row(name, condition, known if alive else None, address)


def _api(state: PlatformState, host: str) -> ComponentStatus:
    """The HTTP ingress: whoever of ours listens on the API's port."""
    port = state.ports["api"]
    listener = ports.listener(port)
    ours = {process.pid: process for process in processes.marked(state.platform_id, "ray")}
    known = processes.seen(ours[listener]) if listener in ours else None
    if known is None:
        stopped = "ray" not in state.processes
        return _row("api", "stopped" if stopped else "dead", None, f"{host}:{port}")
    condition: Condition = "running" if ports.answers(port, host) else "silent"
    return _row("api", condition, known, f"{host}:{port}")


def _row(
    name: str, condition: Condition, known: ProcessRecord | None, address: str | None
) -> ComponentStatus:
    age = None if known is None else round(time.time() - known.started, 1)
    return ComponentStatus(name, condition, known.pid if known else None, address, age)
