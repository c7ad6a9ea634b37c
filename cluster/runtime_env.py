"""Every environment variable that Ray and Serve read at start, with the reason for its value.

They must be set before `ray start`: controller, proxies and replicas read them when imported, and a
deployment's own runtime environment comes too late. Laptop, images and `cluster.yaml` share this.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Variable:
    """One variable: its value and why it has it."""

    name: str
    value: str
    why: str


@dataclass(frozen=True)
class RayNetwork:
    """Ports and files of one Ray node. Two platforms on a machine share none of them."""

    files: Path  # short, 0700: HAProxy's admin socket lets anyone who reaches it steer the proxy
    haproxy_binary: Path
    haproxy_metrics: int
    haproxy_stats: int
    fallback_http: int
    fallback_grpc: int
    replica_http: range
    replica_grpc: range
    autoscaler_metrics: int
    dashboard_metrics: int


EDGE_MIDDLEWARE = "deployments.edge.hook:middlewares"

_SERVE = (
    Variable("RAY_SERVE_ENABLE_HA_PROXY", "1", "the Python proxy is the bottleneck of Serve"),
    Variable("RAY_SERVE_THROUGHPUT_OPTIMIZED", "1", "user code on the replica's own event loop"),
    Variable(
        "RAY_SERVE_HAPROXY_NBTHREAD", "1", "four threads by default are too many on two cores"
    ),
    Variable(
        "RAY_SERVE_HAPROXY_RETRY_ON",
        "conn-failure empty-response",
        "else what a killed replica had in flight is lost; our routes may be asked twice",
    ),
    Variable("RAY_SERVE_HAPROXY_RETRIES", "3", "tries on another replica before giving up"),
    Variable(
        "RAY_worker_niceness",
        "0",
        "15 by default, replicas included, behind every job's driver; jobs step back by themselves",
    ),
    Variable("RAY_SERVE_PROXY_HEALTH_CHECK_PERIOD_S", "1", "a dead HAProxy is dark for 30 s at 10"),
    Variable("RAY_SERVE_PROXY_HEALTH_CHECK_TIMEOUT_S", "2", "as above"),
    Variable(
        "RAY_SERVE_DIRECT_INGRESS_MIN_DRAINING_PERIOD_S",
        "2",
        "30 by default, which every step of a rolling update would wait",
    ),
    Variable(
        "RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH",
        EDGE_MIDDLEWARE,
        "identity, limits and problems before Serve admits a request",
    ),
)
_RAY = (
    Variable("RAY_AUTH_MODE", "token", "whoever reaches an unguarded Ray port owns the node"),
    Variable(
        "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO",
        "1",
        "else whoever asks for no GPU sees all of its node, and computes on one that another keeps",
    ),
    Variable("RAY_USAGE_STATS_ENABLED", "0", "nothing is sent to anybody unasked"),
    Variable("RAY_DATA_USE_DATASOURCE_V2", "0", "version 2 packs every file into one task"),
    Variable(
        "RAY_enable_infeasible_task_early_exit",
        "true",
        "an impossible label selector is an error instead of a wait for ever",
    ),
    Variable("RAY_DEDUP_LOGS", "0", "a job's progress lines look alike and each is wanted"),
)
_NUMERIC = (
    Variable("NUMBA_CPU_NAME", "generic", "one cache and the same bits on every node type"),
    Variable("OMP_NUM_THREADS", "1", "replicas and tasks are the unit of parallelism"),
    Variable("GIT_PYTHON_REFRESH", "quiet", "MLflow warns where git is not installed"),
)
LOOPBACK = Variable(
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER",
    "0",
    "keeps every Ray process on 127.0.0.1; a cluster of several nodes leaves it out",
)

ALONE = Variable(
    "RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S",
    "0",
    "a lone node has no other to hand its requests to, and waits 30 s for nothing",
)


GCS_AWAY_S = (
    600  # as long as a cluster's head is replaced in, and longer than a GCS needs to start again
)


def gcs_in(folder: Path) -> tuple[Variable, ...]:
    """What the head adds: a GCS that was killed goes on with what it knew."""
    return (
        Variable("RAY_gcs_storage", "rocksdb", "else its state dies with it, and every replica"),
        Variable("RAY_gcs_storage_path", str(folder), "as above"),
    )


def gcs_at(redis: str, life: str) -> tuple[Variable, ...]:
    """The same by a Redis, `redis://host:port`, where other clusters and lives may keep theirs."""
    return (
        Variable("RAY_REDIS_ADDRESS", redis, "else its state dies with it, and every replica"),
        Variable("RAY_external_storage_namespace", life, "by default all write over each other"),
    )


def gcs_away(seconds: int) -> Variable:
    """How long every process of a node goes on while no GCS answers."""
    why = "by default a node ends itself, and all replicas on it, a minute after its GCS"
    return Variable("RAY_gcs_rpc_server_reconnect_timeout_s", str(seconds), why)


def static_variables() -> tuple[Variable, ...]:
    """What holds on every node, whatever its ports."""
    return _SERVE + _RAY + _NUMERIC


def node_variables(network: RayNetwork) -> tuple[Variable, ...]:
    """What one node adds: its own ports and folder, since Ray's defaults are shared by all."""
    files = network.files
    values = {
        "RAY_SERVE_HAPROXY_BINARY_PATH": network.haproxy_binary,
        "RAY_SERVE_HAPROXY_CONFIG_FILE_LOC": files / "haproxy.cfg",
        "RAY_SERVE_HAPROXY_SOCKET_PATH": files / "admin.sock",
        "RAY_SERVE_HAPROXY_METRICS_SOCKET_PATH": files / "metrics.sock",
        "RAY_SERVE_HAPROXY_SERVER_STATE_BASE": files,
        "RAY_SERVE_HAPROXY_SERVER_STATE_FILE": files / "server-state",
        # Nobody listens there: the edge writes the access log. By default every request's line goes
        # to UDP port 514, from a socket on every interface.
        "RAY_SERVE_HAPROXY_LOG_TARGET": files / "log.sock",
        "RAY_SERVE_HAPROXY_METRICS_PORT": network.haproxy_metrics,
        "RAY_SERVE_HAPROXY_STATS_PORT": network.haproxy_stats,
        "RAY_SERVE_FALLBACK_PROXY_HTTP_PORT": network.fallback_http,
        "RAY_SERVE_FALLBACK_PROXY_GRPC_PORT": network.fallback_grpc,
        "RAY_SERVE_DIRECT_INGRESS_MIN_HTTP_PORT": network.replica_http.start,
        "RAY_SERVE_DIRECT_INGRESS_MAX_HTTP_PORT": network.replica_http.stop - 1,
        "RAY_SERVE_DIRECT_INGRESS_MIN_GRPC_PORT": network.replica_grpc.start,
        "RAY_SERVE_DIRECT_INGRESS_MAX_GRPC_PORT": network.replica_grpc.stop - 1,
        "AUTOSCALER_METRIC_PORT": network.autoscaler_metrics,
        "DASHBOARD_METRIC_PORT": network.dashboard_metrics,
    }
    why = "this node's own"
    return tuple(Variable(name, str(value), why) for name, value in values.items())


def driver_variables() -> tuple[Variable, ...]:
    """What a process needs that only talks to a cluster: a job, the command line, a notebook."""
    return (
        Variable(
            "RAY_SERVE_RUN_ROUTER_IN_SEPARATE_LOOP",
            "1",
            "a handle used from synchronous code finds no event loop otherwise",
        ),
        *_RAY,
    )


def as_environment(variables: tuple[Variable, ...]) -> Mapping[str, str]:
    """Name to value."""
    return {variable.name: variable.value for variable in variables}
