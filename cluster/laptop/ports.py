"""Ports: chosen once per platform, remembered, and named with their holder when taken."""

import secrets
import socket
import urllib.error
import urllib.request
from collections.abc import Iterable

import psutil

# Tried first, so that a lone platform answers where people expect it.
PREFERRED = {"api": 8000, "dashboard": 8265, "mlflow": 5000, "postgres": 5432, "redis": 6379}
NAMES = (
    *PREFERRED,
    "ray",
    "ray_client",
    "dashboard_agent_http",
    "dashboard_agent_grpc",
    "runtime_env_agent",
    "metrics_export",
    "node_manager",
    "object_manager",
    "serve_grpc",
    "haproxy_metrics",
    "haproxy_stats",
    "fallback_http",
    "fallback_grpc",
    "autoscaler_metrics",
    "dashboard_metrics",
)
_LOWEST, _WIDTH = 20_000, 12_000  # below the range of the system's outgoing connections
REPLICA_PORTS = 400  # a freed port rests 150 s, so many redeploys need a wide range


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether nothing listens there and we could."""
    with socket.socket() as probe:
        # As servers bind: a port that only waits for its last connections to expire counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def answers(port: int, host: str = "127.0.0.1", *, timeout_s: float = 1.0) -> bool:
    """Whether something accepts a connection there."""
    try:
        with socket.create_connection((host, port), timeout=timeout_s):
            return True
    except OSError:
        return False


def serves(url: str, *, timeout_s: float = 2.0) -> bool:
    """Whether an HTTP server of ours answers 200 there."""
    try:
        with urllib.request.urlopen(url, timeout=timeout_s) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False


def listener(port: int) -> int | None:
    """The PID that listens on the port, as far as we may see it."""
    for connection in psutil.net_connections(kind="tcp"):
        taken = connection.status == psutil.CONN_LISTEN and connection.laddr.port == port
        if taken and connection.pid:
            return int(connection.pid)
    return None


def holder(port: int) -> str:
    """Who listens on the port, for people: `redis-server (PID 812)`."""
    pid = listener(port)
    if pid is None:
        return "a process of another user"
    try:
        return f"{psutil.Process(pid).name()} (PID {pid})"
    except psutil.NoSuchProcess:
        return f"PID {pid}, which has ended by now"


def choose(pinned: dict[str, int]) -> dict[str, int]:
    """A port for each name: the pinned one, else the preferred one if free, else any free one.

    `replicas` is the start of a block of twice `REPLICA_PORTS`.
    """
    chosen = dict(pinned)
    for name in NAMES:
        preferred = PREFERRED.get(name)
        if name in chosen:
            continue
        usable = preferred and preferred not in chosen.values() and is_free(preferred)
        chosen[name] = preferred if preferred and usable else _any_free(chosen.values())
    if "replicas" not in chosen:
        chosen["replicas"] = _free_block(2 * REPLICA_PORTS)
    return chosen


def _any_free(taken: Iterable[int]) -> int:
    """A free port, other than those that are taken already."""
    used = set(taken)
    # From anywhere on: a port is bound seconds after it is chosen, and two platforms that start at
    # once, each from the lowest one up, would choose the same ones.
    first = secrets.randbelow(_WIDTH)
    for step in range(_WIDTH):
        port = _LOWEST + (first + step) % _WIDTH
        if port not in used and is_free(port):
            return port
    raise OSError(f"no free port between {_LOWEST} and {_LOWEST + _WIDTH}")


def _free_block(length: int) -> int:
    """The start of a block of ports of which none is in use now."""
    listening = {c.laddr.port for c in psutil.net_connections(kind="tcp") if c.laddr}
    starts = range(10_000, _LOWEST - length, length)
    free = [start for start in starts if not listening & set(range(start, start + length))]
    if not free:
        raise OSError(f"no free block of ports between 10000 and {_LOWEST}")
    # By chance, as above: two platforms that start at once would both take the first.
    return secrets.choice(free)
