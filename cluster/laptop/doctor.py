"""What can be wrong with a machine or a platform, each with its remedy."""

import platform as machine
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psutil

from cluster.control import leases
from cluster.desired.store import read_reached
from cluster.errors import StoreError, TriiError
from cluster.findings import Finding
from cluster.laptop import ports, processes, restarts
from cluster.laptop import state as states
from cluster.laptop.postgres import enterable, server_user
from cluster.laptop.restarts import Restarts
from cluster.laptop.state import PlatformState
from cluster.laptop.status import PORTS, status
from cluster.settings import load_settings
from cluster.stores.postgres import connect

_DISK_BYTES = 5 * 1024**3
_MEMORY_BYTES = 4 * 1024**3


def examine(home: Path) -> list[Finding]:
    """Everything that is wrong, the machine first."""
    findings = [finding for check in (_python, _system, _disk, _home) for finding in check(home)]
    try:
        state = states.load(home)
    except TriiError as exc:
        return [
            *findings,
            Finding("state", str(exc), f"move {home / states.FILE} away, then `trii up`"),
        ]
    if state is None:
        return findings
    checks: tuple[Callable[[Path, PlatformState], Iterator[Finding]], ...]
    checks = (_secrets, _killed, _stale, _taken, _leftovers, unmoved)
    return findings + [finding for check in checks for finding in check(home, state)]


def _python(_home: Path) -> Iterator[Finding]:
    if not (3, 11) <= sys.version_info[:2] < (3, 13):
        version = machine.python_version()
        yield Finding(
            "python",
            f"Python {version} runs this",
            "make a virtual environment with Python 3.11 or 3.12",
        )


def _system(_home: Path) -> Iterator[Finding]:
    if (sys.platform, machine.machine()) != ("linux", "x86_64"):
        yield Finding(
            "system",
            f"{sys.platform} on {machine.machine()} has no embedded servers here",
            "use Linux on x86-64, or point TRII_* at servers of your own",
        )
    if psutil.virtual_memory().available < _MEMORY_BYTES:
        yield Finding("memory", "less than 4 GiB of memory are available", "end other programs")


def _disk(home: Path) -> Iterator[Finding]:
    folder = next(parent for parent in (home, *home.parents) if parent.exists())
    free = shutil.disk_usage(folder).free
    if free < _DISK_BYTES:
        yield Finding(
            "disk",
            f"{free / 1024**3:.1f} GiB are free under {folder}",
            "free 5 GiB, or set TRII_HOME to a folder on a larger disk",
        )


def _home(home: Path) -> Iterator[Finding]:
    closed = enterable(home.parent) if server_user() is not None else None
    if closed:
        yield Finding(
            "home",
            f"PostgreSQL's user can't enter {closed}",
            "set TRII_HOME=/var/lib/trii, for one",
        )


def _secrets(home: Path, _state: PlatformState) -> Iterator[Finding]:
    for path in sorted((home / "secrets").glob("*")):
        if path.stat().st_mode & 0o077 and path.name != "token_public.pem":
            yield Finding("secret", f"{path} is readable by other users", f"chmod 600 {path}")


def _killed(home: Path, _state: PlatformState) -> Iterator[Finding]:
    told = restarts.load(home)
    for component in status(load_settings(home)).components:
        if component.state == "dead":
            yield Finding(
                "killed",
                f"{component.name} was killed or crashed{_given_up(told, component.name)}",
                "`trii up` starts it again",
            )
        elif component.state == "silent":
            yield Finding(
                "silent",
                f"{component.name} (PID {component.pid}) does not answer at {component.address}",
                "`trii up` replaces it",
            )


def _given_up(told: Mapping[str, Restarts], name: str) -> str:
    """Why the supervisor leaves it at that, where it does."""
    known = told.get(name)
    return f", and {known.reason}" if known and known.given_up else ""


def _stale(home: Path, state: PlatformState) -> Iterator[Finding]:
    """A PID file whose process is gone, or whose PID another program got since."""
    for name, known in state.processes.items():
        if processes.is_alive(known) or not psutil.pid_exists(known.pid):
            continue
        now = psutil.Process(known.pid).name()
        yield Finding(
            "stale",
            f"{home / states.FILE} names PID {known.pid} for {name}, which is {now} now",
            "`trii up` writes it anew; the other program is left alone",
        )


def _taken(_home: Path, state: PlatformState) -> Iterator[Finding]:
    ours = {process.pid for process in processes.marked(state.platform_id)}
    for name, port in {
        **{k: state.ports[v] for k, v in PORTS.items()},
        "api": state.ports["api"],
    }.items():
        pid = ports.listener(port)
        if (
            pid is not None
            and pid not in ours
            and not processes.is_alive(state.processes.get(name))
        ):
            variable = f"TRII_{PORTS.get(name, name).upper()}_PORT"
            yield Finding(
                "port-taken",
                f"port {port} of {name} is taken by {ports.holder(port)}",
                f"end it, or start with another port: {variable}={port + 1} trii up",
            )


def _leftovers(_home: Path, state: PlatformState) -> Iterator[Finding]:
    """HAProxy and workers outlive a Ray node that was killed hard."""
    if processes.is_alive(state.processes.get("ray")):
        return
    left = processes.marked(state.platform_id, "ray")
    if left:
        pids = ", ".join(str(process.pid) for process in left[:10])
        yield Finding(
            "leftovers",
            f"{len(left)} processes of a dead Ray node live on (PID {pids})",
            "`trii down`",
        )


def unmoved(home: Path, state: PlatformState) -> Iterator[Finding]:
    """What Serve refused to run, and loops that nobody leads."""
    settings = load_settings(home)
    if "control" not in state.steps or not processes.is_alive(state.processes.get("postgres")):
        return
    try:
        with connect(settings, "serve") as connection:
            reached = read_reached(connection, settings.cluster_id)
            led = leases.is_held(connection, leases.CONTROL)
    except StoreError as exc:
        yield Finding("database", str(exc), "`trii up`")
        return
    if not led:
        yield Finding(
            "no-leader", "nobody leads the control loops: no job starts", "`trii up` if it stays so"
        )
    if reached is not None and reached.state == "refused":
        yield Finding(
            "refused",
            f"what is wanted does not run (epoch {reached.epoch}): {reached.reason}",
            "`trii up` tries it again, once its cause is mended",
        )
