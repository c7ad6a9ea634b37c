"""The environment of the laptop's Ray node, and so of Serve, of every worker and every job."""

from pathlib import Path

from cluster.environment import kernels_of
from cluster.fleet.on_node import own_environment
from cluster.laptop.context import Platform
from cluster.laptop.ports import REPLICA_PORTS
from cluster.runtime_env import (
    ALONE,
    GCS_AWAY_S,
    LOOPBACK,
    RayNetwork,
    as_environment,
    gcs_away,
    gcs_in,
    node_variables,
    static_variables,
)


def ray_environment(platform: Platform) -> dict[str, str]:
    """What Ray, Serve and every worker find in their environment, and so every job, however it came."""
    own = node_variables(_network(platform))
    kept = (*gcs_in(gcs_folder(platform)), gcs_away(GCS_AWAY_S))
    variables = as_environment((*static_variables(), LOOPBACK, ALONE, *kept, *own))
    token = platform.settings.secrets_path / "trii_ray_auth_token"
    return (
        dict(variables)
        | own_environment(platform.settings)
        | {
            "RAY_AUTH_TOKEN_PATH": str(token),
            "NUMBA_CACHE_DIR": str(kernels_of(platform.home)),
        }
    )


def gcs_folder(platform: Platform) -> Path:
    """Where the GCS keeps what it knows: one that was killed goes on from there."""
    return platform.runtime_dir / "gcs"


def _network(platform: Platform) -> RayNetwork:
    start = platform.port("replicas")
    return RayNetwork(
        files=platform.runtime_dir,
        haproxy_binary=platform.runtime_dir / "haproxy",
        haproxy_metrics=platform.port("haproxy_metrics"),
        haproxy_stats=platform.port("haproxy_stats"),
        fallback_http=platform.port("fallback_http"),
        fallback_grpc=platform.port("fallback_grpc"),
        replica_http=range(start, start + REPLICA_PORTS),
        replica_grpc=range(start + REPLICA_PORTS, start + 2 * REPLICA_PORTS),
        autoscaler_metrics=platform.port("autoscaler_metrics"),
        dashboard_metrics=platform.port("dashboard_metrics"),
    )
