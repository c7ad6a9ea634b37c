"""The ports of a cluster's node: who listens, who may reach it, what guards it.

The one definition: the doctor holds a running node to it, units and `docs/security.md` say the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from cluster.fleet.render.commands import NETWORK, RAY_PORT

_TOKEN: Final = "Ray's token"
_BEARER: Final = "bearer token"


@dataclass(frozen=True)
class Port:
    """One port, or a block of them; `beyond` says whether it may be heard beyond loopback."""

    ports: range
    who: str
    reached_by: str
    guard: str
    beyond: bool = True

    def __str__(self) -> str:
        first, last = self.ports.start, self.ports.stop - 1
        return f"{first}" if first == last else f"{first}-{last}"


def _one(number: int, who: str, reached_by: str, guard: str, *, beyond: bool = True) -> Port:
    return Port(range(number, number + 1), who, reached_by, guard, beyond)


# What `ray start` is told in the units of `infra/node/`: by default Ray takes any free port for these.
RAYLET: Final = {
    "node-manager-port": 6381,
    "object-manager-port": 6382,
    "runtime-env-agent-port": 6383,
    "metrics-export-port": 6384,
    "dashboard-agent-grpc-port": 6385,
    "dashboard-agent-listen-port": 52365,
}
WORKERS: Final = range(20_000, 30_000)

PORTS: Final = (
    _one(22, "sshd", "the head, and where `ray up` runs, over the private network", "the key pair"),
    _one(RAY_PORT, "the head's GCS", "nodes", _TOKEN),
    Port(range(6381, 6384), "each node's raylet and runtime environments", "nodes", _TOKEN),
    _one(6384, "each node's metrics", "Prometheus", "nothing: names and rates"),
    _one(6385, "the dashboard's agent on each node", "nodes", _TOKEN),
    _one(8000, "HAProxy on nodes of `serve`", "the load balancer", _BEARER),
    _one(8265, "the head's dashboard and job API", "nodes; operators over the VPN", _TOKEN),
    _one(NETWORK.haproxy_stats, "HAProxy's statistics", "loopback", "nothing", beyond=False),
    _one(NETWORK.fallback_http, "Serve's fallback proxy", "loopback", _BEARER, beyond=False),
    _one(NETWORK.haproxy_metrics, "HAProxy's metrics", "loopback", "nothing", beyond=False),
    _one(NETWORK.fallback_grpc, "Serve's fallback proxy", "loopback", _TOKEN, beyond=False),
    _one(10_001, "Ray client on the head", "nobody", _TOKEN),
    Port(WORKERS, "workers and drivers", "nodes", _TOKEN),
    Port(NETWORK.replica_http, "replicas' HTTP", "nodes of `serve`", _BEARER),
    Port(NETWORK.replica_grpc, "replicas' gRPC", "nodes", _TOKEN),
    _one(NETWORK.autoscaler_metrics, "the autoscaler's metrics", "Prometheus", "nothing: counts"),
    _one(NETWORK.dashboard_metrics, "the dashboard's metrics", "Prometheus", "nothing: counts"),
    _one(52365, "the dashboard's agent on each node", "nodes", _TOKEN),
)


# Serve binds one more of each replica to every interface, at whatever port is free.
REPLICAS_OWN: Final = Port(
    range(32_768, 61_000), "each replica, for others of Serve", "nodes", _TOKEN
)


def expected(port: int) -> bool:
    """Whether something of ours listens there beyond loopback."""
    return any(port in entry.ports for entry in PORTS if entry.beyond)


def within(port_range: tuple[int, int]) -> list[Port]:
    """Those that Linux may give to a client where its range of ports is `port_range`."""
    first, last = port_range
    return [entry for entry in PORTS if entry.ports.start <= last and entry.ports.stop > first]


def is_reserved(entry: Port, reserved: str) -> bool:
    """Whether the list of `ip_local_reserved_ports` keeps all of them from clients."""
    kept = list(_ranges(reserved))
    return all(any(port in block for block in kept) for port in entry.ports)


def _ranges(text: str) -> Iterable[range]:
    for part in filter(None, text.strip().split(",")):
        first, _, last = part.partition("-")
        yield range(int(first), int(last or first) + 1)
