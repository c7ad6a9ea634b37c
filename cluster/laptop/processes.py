"""Detached processes, known by PID and start time, so that a reused PID is never mistaken for ours."""

import os
import signal
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from cluster.waiting import wait_until

# Both stand in the environment of all that a platform starts, and so of what those start.
MARKER = "TRII_PLATFORM_ID"
COMPONENT = "TRII_COMPONENT"


@dataclass(frozen=True)
class ProcessRecord:
    """A process that the platform started. `started` is its start time, seconds since 1970."""

    pid: int
    started: float


def record(pid: int) -> ProcessRecord:
    """The record of a running process."""
    return ProcessRecord(pid, psutil.Process(pid).create_time())


def is_alive(known: ProcessRecord | None) -> bool:
    """Whether that very process still runs (a zombie does not)."""
    if known is None:
        return False
    try:
        process = psutil.Process(known.pid)
        same: bool = abs(process.create_time() - known.started) < 1.0
        return same and bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def is_zombie(pid: int) -> bool:
    """Whether it has ended, and its parent has not asked how."""
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def spawn(
    command: Sequence[str | Path],
    *,
    environment: Mapping[str, str],
    log: Path,
    user: int | None = None,
    folder: Path | None = None,
) -> ProcessRecord:
    """Start a process of its own session that outlives us; its output goes to `log` (mode 0600)."""
    log.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "ab") as output:
        process = subprocess.Popen(  # noqa: S603 - our own commands, no shell
            [str(part) for part in command],
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            user=user,
            group=user,
            # Else a server that runs as another user would keep root's groups.
            extra_groups=[] if user is not None else None,
            cwd=folder,
        )
    process.returncode = 0  # it outlives us on purpose: Python must not complain of it
    return record(process.pid)


def terminate(known: ProcessRecord | None, *, timeout_s: float, how: int = signal.SIGTERM) -> None:
    """Ask the process to end, then insist; returns when it is gone."""
    for send in (how, signal.SIGKILL):
        if known is None or not is_alive(known):
            return
        _send([known], send)
        wait_until(lambda: not is_alive(known), timeout_s=timeout_s, every_s=0.02)


def marked(platform_id: str, component: str | None = None) -> list[psutil.Process]:
    """Every process that this platform, or one component of it, started: ours, nobody else's."""
    needles = {f"{MARKER}={platform_id}".encode()}
    if component is not None:
        needles.add(f"{COMPONENT}={component}".encode())
    return [p for p in psutil.process_iter() if needles <= _environment(p.pid)]


def environment(pid: int) -> dict[str, str]:
    """What a process was started with; empty where it is gone, or another user's."""
    pairs = (entry.decode(errors="replace").partition("=") for entry in _environment(pid))
    return {name: value for name, _, value in pairs if name}


def command_line(process: psutil.Process) -> list[str]:
    """The words that a process was started with; empty where it is gone."""
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []


def _environment(pid: int) -> set[bytes]:
    try:
        return set(Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"))
    except OSError:  # gone meanwhile, or another user's
        return set()


def end_marked(platform_id: str, *, component: str | None = None, timeout_s: float) -> int:
    """End what carries the marker, except this process and its parents; says how many there were."""
    own = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    records = [r for p in marked(platform_id, component) if p.pid not in own and (r := seen(p))]
    for send in (signal.SIGTERM, signal.SIGKILL):
        left = [known for known in records if is_alive(known)]
        _send(left, send)
        if wait_until(lambda: not any(map(is_alive, records)), timeout_s=timeout_s, every_s=0.02):
            break
    return len(records)


def seen(process: psutil.Process) -> ProcessRecord | None:
    """The record of a process that may be gone by now."""
    try:
        return ProcessRecord(process.pid, process.create_time())
    except psutil.NoSuchProcess:
        return None


def _send(records: Iterable[ProcessRecord], how: int) -> None:
    for known in records:
        with suppress(ProcessLookupError):
            os.kill(known.pid, how)
