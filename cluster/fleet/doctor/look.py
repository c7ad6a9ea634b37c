"""A running cluster looked at from wherever its dashboard answers, with time limits throughout."""

import secrets
from collections.abc import Iterator, Mapping
from typing import Any, Final

import httpx
from pydantic import ValidationError

from cluster.errors import PlatformError
from cluster.fleet.doctor.facts import ANSWER, Asked, ClusterFacts, Driver, Node, Nodes, OnGpu
from cluster.fleet.ray_api import RayApi
from cluster.settings import Settings
from cluster.waiting import wait_until

_PATIENCE_S: Final = (
    120.0  # for the job: its driver's start, what nodes are given, and as much again
)
_ENDED: Final = {"SUCCEEDED", "FAILED", "STOPPED"}


def look(settings: Settings) -> ClusterFacts:
    """Everything that the rules judge. Raises RayAway, and PlatformError where the job failed."""
    with _Looking(settings) as ray:
        nodes = ray.nodes_told()
        return ClusterFacts(
            nodes=nodes,
            drivers=ray.ask("/api/jobs/", _drivers),
            asked=ray.ask("/api/serve/applications/", _asked),
            on_gpus=ray.ask("/api/v0/actors", _on_gpus, detail="1", limit="10000"),
            pools=settings.pools,
            growing=settings.pools_that_grow,
            answers_without_token=_is_open(settings),
        )


class _Looking(RayApi):
    """Runs the examination as a job on the head, which leaves nothing behind."""

    def nodes_told(self) -> tuple[Node, ...]:
        name = f"doctor-{secrets.token_hex(6)}"
        body = {"entrypoint": "python -m cluster.fleet.doctor", "submission_id": name}
        self._sent("POST", "/api/jobs/", json=body)
        path = f"/api/jobs/{name}"
        try:
            if not wait_until(lambda: self._ended(path), timeout_s=_PATIENCE_S, every_s=0.5):
                self.send("POST", f"{path}/stop")
                raise PlatformError(
                    f"the nodes could not be looked at in {_PATIENCE_S:g} s: no driver starts on "
                    "the head; `trii cluster status` says what runs there"
                )
            return _told(self.ask(f"{path}/logs", lambda told: str(told["logs"])))
        finally:
            self.send("DELETE", path)

    def _ended(self, path: str) -> bool:
        return self.ask(path, lambda told: told["status"] in _ENDED)

    def _sent(self, method: str, path: str, **given: Any) -> None:
        answer = self.send(method, path, **given)
        if answer.status_code != httpx.codes.OK:
            last = (answer.text.strip().splitlines() or ["no reason given"])[-1][:300]
            raise PlatformError(f"Ray took no job that looks at its nodes: {last}")


def _told(log: str) -> tuple[Node, ...]:
    answers = [line for line in log.splitlines() if line.startswith(ANSWER)]
    try:
        return Nodes.model_validate_json(answers[-1].removeprefix(ANSWER)).nodes
    except (IndexError, ValidationError) as exc:
        last = (log.strip().splitlines() or ["it wrote nothing"])[-1][:300]
        raise PlatformError(f"the nodes could not be looked at: {last}") from exc


def _drivers(told: Any) -> tuple[Driver, ...]:
    """Programs that run now; the examination itself has ended."""
    running = [entry for entry in told if entry["status"] == "RUNNING"]
    return tuple(
        Driver(node=entry["driver_info"]["node_ip_address"], command=entry["entrypoint"])
        for entry in running
        if entry["driver_info"]
    )


def _asked(told: Any) -> tuple[Asked, ...]:
    return tuple(_deployments(told["applications"]))


def _deployments(applications: Mapping[str, Any]) -> Iterator[Asked]:
    for application, entry in applications.items():
        for name, deployment in entry["deployments"].items():
            options = deployment["deployment_config"].get("ray_actor_options") or {}
            selector = options.get("label_selector") or {}
            yield Asked(application=application, deployment=name, selector=selector)


def _on_gpus(told: Any) -> tuple[OnGpu, ...]:
    actors = told["data"]["result"]["result"]
    return tuple(
        OnGpu(
            node=actor["node_id"],
            what=actor["name"] or actor["class_name"],
            gpus=actor["required_resources"]["GPU"],
        )
        for actor in actors
        if actor["state"] == "ALIVE" and (actor.get("required_resources") or {}).get("GPU")
    )


def _is_open(settings: Settings) -> bool:
    """Whether Ray answers somebody who shows no token."""
    try:
        answer = httpx.get(f"{settings.dashboard_url}/api/jobs/", timeout=10.0, trust_env=False)
    except httpx.RequestError:
        return False
    return answer.status_code == httpx.codes.OK
