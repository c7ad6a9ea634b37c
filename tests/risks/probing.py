"""The probe on its platform: the application for tests, and where to find its parts."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from cluster.clock import utc_now
from cluster.desired.store import Desired
from cluster.laptop import processes
from cluster.laptop.context import Platform
from cluster.settings import Settings
from deployments.render import catalogue, render
from deployments.serve_rest import client, states

APPS = Path(__file__).parents[1] / "apps"
# Serve as the product runs it: the options of `quotes`, so that these tests judge those.
OPTIONS = {k: v for k, v in catalogue()["quotes"]["deployments"][0].items() if k != "name"}


@dataclass(frozen=True)
class Probe:
    """The platform with the probe on it, and where to find its parts."""

    platform: Platform
    headers: dict[str, str]

    @property
    def settings(self) -> Settings:
        return self.platform.settings

    @property
    def url(self) -> str:
        return f"{self.settings.api_url}/probe/"

    def marked(self) -> list[psutil.Process]:
        return processes.marked(self.platform.state.platform_id)

    def replicas(self, application: str = "") -> list[psutil.Process]:
        """The replicas of an application, or of all. Ray gives each process a title that says so."""
        prefix = f"ray::ServeReplica:{application}:" if application else "ray::ServeReplica:"
        return [p for p in self.marked() if title(p).startswith(prefix)]

    def haproxies(self) -> list[psutil.Process]:
        return [p for p in self.marked() if "haproxy" in title(p).partition(" ")[0]]

    def http(self) -> httpx.Client:
        return httpx.Client(
            base_url=self.settings.api_url, headers=self.headers, timeout=30.0, trust_env=False
        )

    def deploy(self, *, version: str = "1", greeting: str = "hello") -> None:
        """Hand Serve the whole configuration; what changed decides what is restarted."""
        with client(self.settings) as serve:
            answer = serve.put(
                "/api/serve/applications/",
                json=_document(self.settings, version=version, greeting=greeting),
            )
            assert answer.status_code == 200, answer.text

    def serves(self) -> bool:
        with client(self.settings) as serve:
            applications = states(serve)
        running = [name for name, one in applications.items() if one["status"] == "RUNNING"]
        return sorted(running) == ["narrow", "probe"] and self._answers()

    def _answers(self) -> bool:
        with self.http() as http:
            try:
                return all(http.get(p).status_code == 200 for p in ("/probe/", "/narrow/"))
            except httpx.TransportError:
                return False


def listening(process: psutil.Process) -> list[tuple[str, int]]:
    """Where a process waits for connections: (address, port)."""
    try:
        found = process.net_connections(kind="tcp")
    except psutil.NoSuchProcess:
        return []
    return sorted((c.laddr.ip, c.laddr.port) for c in found if c.status == psutil.CONN_LISTEN)


def title(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


def _document(settings: Settings, *, version: str, greeting: str) -> dict[str, Any]:
    def application(name: str, environment: dict[str, str], options: dict[str, Any]) -> Any:
        return {
            "name": name,
            "route_prefix": f"/{name}",
            "import_path": "probe:application",
            "runtime_env": {"env_vars": {"PYTHONPATH": str(APPS), **environment}},
            "deployments": [{**OPTIONS, "name": "Probe", **options}],
        }

    narrow = {"num_replicas": 1, "max_ongoing_requests": 1, "max_queued_requests": 1}
    return {
        **render(Desired({}, (), epoch=0), settings, now=utc_now()),
        "applications": [
            application(
                "probe", {"PROBE_VERSION": version}, {"user_config": {"greeting": greeting}}
            ),
            application("narrow", {}, narrow),
        ],
    }
