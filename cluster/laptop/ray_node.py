"""One Ray node with the laptop's pools, everything on loopback, guarded by Ray's token."""

import os
import shutil
from dataclasses import dataclass
from importlib import resources

from cluster.fleet import pools
from cluster.fleet.ray_api import RayApi, RayAway
from cluster.laptop import ports, processes, ray_parts
from cluster.laptop.context import Platform
from cluster.laptop.ray_variables import gcs_folder, ray_environment
from cluster.laptop.state import POOLS
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
        # A node of its own life: what an earlier one's GCS knew of nodes, actors and jobs is gone.
        shutil.rmtree(gcs_folder(platform), ignore_errors=True)
        platform.spawn(self.name, _command(platform), environment=ray_environment(platform))
        # The launcher ends when all of Ray's own processes run. It does not stay to end all of them
        # with the first one that dies: the supervisor starts a part again alone.
        ended = wait_until(lambda: not platform.is_alive(self.name), timeout_s=_START_TIMEOUT_S)
        if not ended or not ray_parts.remember(platform):
            raise platform.failed(self.name, "did not start")
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
        platform.state.parts.clear()
        for folder in (platform.runtime_dir / "ray", gcs_folder(platform)):
            shutil.rmtree(folder, ignore_errors=True)

    def _healthy(self, platform: Platform) -> bool:
        return ports.serves(f"{platform.settings.dashboard_url}/api/gcs_healthz")


def _listed(platform: Platform) -> bool:
    """Whether the node itself has joined: the control service answers before there is any."""
    try:
        with RayApi(platform.settings) as ray:
            return any(ray.nodes().values())
    except RayAway:
        return False


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
        *("ray", "start", "--head", "--node-ip-address=127.0.0.1"),
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
