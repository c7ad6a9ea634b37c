"""A platform's machines without a launcher: services, a head, nodes of pools, and somebody's own.

Each node gets what `trii cluster render` would hand it, its secrets by the image's own script, and
Ray by the command of its unit. Not here are systemd and a cloud that machines are bought of, and so
no autoscaler: the nodes are those that were asked for.
"""

import json
import os
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from cluster.fleet.planning.node_types import HEAD
from cluster.fleet.render.commands import NODE_SCRIPTS
from cluster.fleet.render.rendering import SETTINGS, render
from cluster.fleet.source import reading
from cluster.fleet.source.cluster import ClusterSource
from cluster.fleet.source.ground import Ground
from cluster.waiting import wait_until
from tests.cloudbox.machine import ROOT, Machine
from tests.cloudbox.network import Network
from tests.cloudbox.services import CA, HOME, READY, S3_KEY, settings_of
from tests.cloudbox.units import bring, node_command, write

BIN: Final = Path(sys.prefix) / "bin"
# Stands where Secrets Manager would, with a file for each secret.
_AWS: Final = '#!/bin/sh\nexec cat "/srv/vault/${4##*/}" 2> /dev/null\n'
_ARN: Final = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:trii/{}"
_SECRETS: Final = (
    *("ray_auth_token", "redis_password", "token_public", "token_private", "services_ca_crt"),
    *("mlflow_token", "mlflow_jobs_token", *S3_KEY),
    *(f"postgres_{role}_password" for role in ("owner", "serve", "jobs")),
)


@dataclass
class Platform:
    """Begins with its services; `start` adds nodes."""

    network: Network
    logs: Path
    source: ClusterSource
    machines: dict[str, Machine] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("services", "head", "serve", "batch", "engineer"):
            self.machines[name] = self.network.machine(name)
        services = self.machines["services"]
        command = [sys.executable, "-m", "tests.cloudbox.services", services.address]
        own = {"PYTHONPATH": str(ROOT), "TRII_HOME": str(HOME)}
        self._services = services.start(command, env=own, log=self.logs / "services.log")
        self.ground = self._ground()
        self.document: dict[str, Any] = yaml.safe_load(
            render(self.source, self.ground, target="aws")
        )

    def __getitem__(self, name: str) -> Machine:
        return self.machines[name]

    def await_services(self) -> None:
        """Raises AssertionError with the log's end where they do not come up."""
        ready = wait_until(
            (self["services"].root / READY.relative_to("/")).exists,
            timeout_s=120,
            alive=lambda: self._services.poll() is None,
        )
        assert ready, (self.logs / "services.log").read_text()[-2000:]

    def start_head(self) -> None:
        """The head, with the commands of its unit but the two that are a cloud's."""
        head = self["head"]
        self._prepare("head", "head", {})
        head.run(["install", "-d", "/var/lib/trii-gcs/gcs"])
        self._start(head, [str(NODE_SCRIPTS / "ray-head")], "head_start_ray_commands", {})

    def start_node(self, name: str, kind: str) -> None:
        """A worker of a node type of the document, with what the launcher tells it."""
        told = self.document["available_node_types"][kind]
        handed = {
            "RAY_OVERRIDE_RESOURCES": json.dumps(told["resources"]),
            "RAY_OVERRIDE_LABELS": json.dumps(told["labels"]),
            "RAY_NODE_TYPE_NAME": kind,
        }
        self._prepare(name, "node", handed)
        command = node_command(self.environment("worker_start_ray_commands"))
        self._start(self[name], command, "worker_start_ray_commands", handed)

    def settle(self, name: str) -> None:
        """Give somebody's machine the settings of the cluster, and the secrets of who may deploy."""
        machine = self[name]
        self._prepare(name, "node", {})
        told = render(self.source, self.ground, target=SETTINGS)
        write(machine, HOME / "platform.env", told)

    def trii(self, *words: str | Path, on: str = "engineer", timeout_s: float = 300) -> Any:
        """A command of `trii` on a machine, with nothing but that machine's own home."""
        return self[on].run(
            [BIN / "trii", *words], env={"TRII_HOME": str(HOME)}, timeout_s=timeout_s, check=False
        )

    def environment(self, section: str) -> dict[str, str]:
        """What the launcher's command writes for the unit."""
        written = self.document[section][0].split("<<'ENV' &&\n")[1].partition("\nENV\n")[0]
        pairs = (line.split("=", 1) for line in written.split("\n"))
        return {name: "".join(shlex.split(value)) for name, value in pairs}

    def _ground(self) -> Ground:
        told = json.loads(reading.ground(None).model_dump_json())
        told["head"]["private_ip"] = self["head"].address
        told["settings"] = {
            **settings_of(self["services"].address),
            "TRII_HOST": self["serve"].address,
        }
        told["secrets"] = {name: _ARN.format(name) for name in _SECRETS}
        return Ground.model_validate(told)

    def _prepare(self, name: str, role: str, handed: Mapping[str, str]) -> None:
        """What an image brings, and its secrets, fetched as a node does: those that its pool needs."""
        machine = self[name]
        bring(machine)
        write(machine, Path("/usr/local/bin/aws"), _AWS)
        machine.run(["install", "-d", HOME, "/run/trii/ray"])
        for secret in _SECRETS:
            write(machine, Path("/srv/vault") / secret, self._secret(secret))
        environment = self.environment("worker_start_ray_commands") | handed
        fetching = [NODE_SCRIPTS / "fetch-secrets", role]
        machine.run(fetching, env=_with_path(environment | {"TRII_NODE_USER": "root"}))

    def _secret(self, name: str) -> str:
        """As the services were made with it."""
        files = {"services_ca_crt": CA, **{k: HOME / f"secrets/{k}.pem" for k in _PEMS}}
        path = files.get(name, HOME / f"secrets/trii_{name}")
        return (self["services"].root / path.relative_to("/")).read_text()

    def _start(
        self, machine: Machine, command: list[str], section: str, handed: Mapping[str, str]
    ) -> None:
        environment = self.environment(section) | handed
        log = self.logs / f"ray-{machine.name}.log"
        machine.start(command, env=_with_path(environment), log=log)


_PEMS: Final = ("token_public", "token_private")


def _with_path(environment: Mapping[str, str]) -> dict[str, str]:
    return {**environment, "PATH": f"{BIN}:{os.defpath}:/usr/local/bin:/usr/sbin:/sbin"}


def node_type(document: Mapping[str, Any], pool: str, market: str) -> str:
    """The name of a node type of this pool that is bought so."""
    wanted = {f"trii/pool-{pool}": "true", "trii/market": market}
    return next(
        name
        for name, kind in document["available_node_types"].items()
        if name != HEAD and wanted.items() <= kind["labels"].items()
    )
