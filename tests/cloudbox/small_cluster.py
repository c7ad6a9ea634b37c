"""A head and workers whose Ray runs as on our nodes, with one small application, under clients.

Environment, scripts and commands are those of `trii cluster render` and `infra/node/`; what is left
out is a cloud to buy machines of (so no autoscaler), systemd, and the platform's own applications.
"""

import json
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx

from cluster.fleet.pools import labels
from cluster.fleet.render.commands import GCS_VOLUME, NETWORK, NODE_SCRIPTS, SECRETS, every_node
from cluster.fleet.source import reading
from cluster.runtime_env import as_environment, gcs_in
from cluster.waiting import wait_until
from tests.cloudbox.machine import ROOT, Machine
from tests.cloudbox.network import Network
from tests.cloudbox.units import bring, node_command, write

PORT: Final = 8000
START_S: Final = 120.0  # a bound for a busy machine, not a promise
_BIN: Final = Path(sys.prefix) / "bin"
_TOKEN: Final = "0" * 64
# As the unit does it: what is left of Ray is killed, its old session removed, and it begins again.
_UNIT: Final = f"""
while true; do
    rm -rf /var/tmp/trii-ray
    {NODE_SCRIPTS}/ray-head
    pgrep -f /var/tmp/trii-ray | grep -vx $$ | xargs -r kill -9
    sleep 2
done
"""
# Ray gives a node that is slow to start up after 30 s, as on a busy machine: it begins again. One that
# had joined does not: a cloud replaces it.
_WORKER: Final = """
for attempt in 1 2 3 4; do
    began=$(date +%s)
    "$@"
    [ $(($(date +%s) - began)) -lt 60 ] || exit
    pgrep -f /var/tmp/trii-ray | grep -vx $$ | xargs -r kill -9
    rm -rf /var/tmp/trii-ray
done
"""
_DEPLOY: Final = """
import os, ray
from ray import serve
ray.init(namespace="drill")

@serve.deployment(num_replicas=4, ray_actor_options={"num_cpus": 0.1, "label_selector": {"trii/pool-serve": "true"}})
class Echo:
    async def __call__(self, request):
        return {"pid": os.getpid(), "node": os.uname().nodename}

serve.start(http_options={"host": "0.0.0.0", "port": 8000, "location": "EveryNode"})
serve.run(Echo.bind(), name="echo", route_prefix="/echo")
@ray.remote(num_cpus=0.1, label_selector={"trii/pool-batch": "true"})
class Work:
    def __init__(self): self.done = 0
    def step(self): self.done += 1; return self.done
work = Work.options(name="work", lifetime="detached").remote()
print(ray.get(work.step.remote()))
"""


@dataclass
class Answers:
    """What a client heard, in order: the time in seconds since it began, and None or what went wrong."""

    heard: list[tuple[float, str | None]] = field(default_factory=list)
    replicas: set[tuple[str, int]] = field(default_factory=set)

    @property
    def lost(self) -> list[tuple[float, str]]:
        return [(at, why) for at, why in self.heard if why]

    def __str__(self) -> str:
        return f"{len(self.heard)} requests, {len(self.lost)} lost {self.lost[:3]}"


class SmallCluster:
    """The head's state lies in `volume`, a folder of this machine that outlives it."""

    def __init__(self, network: Network, folder: Path) -> None:
        self._network, self._folder = network, folder
        self.source = reading.cluster_source("dev")
        self.volume = folder / "volume"
        self.volume.mkdir()
        (self.volume / f".trii-{self.source.name}").touch()
        self.head = self.new_head(self.volume)
        told = json.loads(reading.ground(None).model_dump_json())
        told["head"]["private_ip"] = self.head.address
        ground = type(reading.ground(None)).model_validate(told)
        self._everywhere = {
            **every_node(self.source, ground),
            # Whose doors the platform's own keys open stands in other tests.
            "RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH": "",
            "TRII_BIN": str(_BIN),
            "PYTHONPATH": str(ROOT),
            # A partition is to end within a test.
            "RAY_health_check_period_ms": "1000",
        }

    def new_head(self, volume: Path) -> Machine:
        """A new instance that takes the head's address, with that volume."""
        address = str(self._network.range[10])
        machine = self._network.machine("head", address=address, volumes={str(GCS_VOLUME): volume})
        _bake(machine)
        return machine

    def mount(self) -> Any:
        """The unit's step before Ray: it must succeed, or Ray is not started."""
        own = {"TRII_GCS_MARKER": self.source.name, "TRII_GCS_VOLUME": "vol-0"}
        return self.head.run([NODE_SCRIPTS / "mount-gcs"], env=own, check=False)

    def start_head(self) -> None:
        """What the head's unit does: Ray's command, which ends when a part of Ray does, again and again."""
        mounted = self.mount()
        assert mounted.returncode == 0, mounted.stderr
        own = as_environment(gcs_in(GCS_VOLUME / "gcs")) | {"TRII_NODE_IP": self.head.address}
        self._start(self.head, ["sh", "-c", _UNIT], own)

    def worker(self, name: str, *pools: str) -> Machine:
        """A node of these pools that has joined."""
        machine = self._network.machine(name)
        _bake(machine)
        handed = {
            "RAY_OVERRIDE_RESOURCES": json.dumps({"CPU": 2}),
            "RAY_OVERRIDE_LABELS": json.dumps(labels(pools)),
        }
        command = ["sh", "-c", _WORKER, "worker", *node_command(self._everywhere)]
        self._start(machine, command, handed)
        return machine

    def deploy(self) -> None:
        done = self.python(_DEPLOY, timeout_s=300)
        assert done.stdout.strip().endswith("1"), done.stdout + done.stderr

    def step(self) -> int:
        """One more step of the work that goes on beside; what a new driver on the head hears."""
        code = 'import ray; ray.init(namespace="drill"); print(ray.get(ray.get_actor("work").step.remote()))'
        return int(self.python(code).stdout.split()[-1])

    def nodes(self) -> list[str]:
        """The names of the nodes that Ray calls alive; none where it does not answer."""
        try:
            told = httpx.get(
                f"http://{self.head.address}:8265/api/v0/nodes",
                headers={"Authorization": f"Bearer {_TOKEN}"}, timeout=10, trust_env=False,
            ).json()  # fmt: skip
            alive = [
                n["node_ip"] for n in told["data"]["result"]["result"] if n["state"] == "ALIVE"
            ]
        except (httpx.TransportError, ValueError, LookupError, TypeError):
            return []
        return [m.name for m in self._network.machines.values() if m.address in alive]

    def python(self, code: str, *, timeout_s: float = 120, check: bool = True) -> Any:
        own = self._everywhere | {"RAY_ADDRESS": self._everywhere["TRII_HEAD_ADDRESS"]}
        return self.head.run(
            [_BIN / "python", "-W", "ignore", "-c", code],
            env=_with_path(own), timeout_s=timeout_s, check=check,
        )  # fmt: skip

    @contextmanager
    def load(self, machine: Machine) -> Iterator[Answers]:
        """A client of that node's proxy that never retries, with a new connection a request."""
        answers, over = Answers(), threading.Event()
        began = time.monotonic()

        def ask() -> None:
            while not over.wait(0.05):
                at = time.monotonic() - began
                try:
                    told = httpx.get(f"http://{machine.address}:{PORT}/echo", timeout=5)
                    why = (
                        None if told.status_code == 200 else f"{told.status_code} {told.text[:80]}"
                    )
                    if why is None:
                        answers.replicas.add((told.json()["node"], told.json()["pid"]))
                except httpx.TransportError as exc:
                    why = type(exc).__name__
                answers.heard.append((round(at, 1), why))

        asking = threading.Thread(target=ask)
        asking.start()
        try:
            yield answers
        finally:
            over.set()
            asking.join()

    def serves(self, machine: Machine) -> bool:
        try:
            return httpx.get(f"http://{machine.address}:{PORT}/echo", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def more(self, answers: Answers, count: int) -> None:
        """Wait until that client has heard so many more."""
        seen = len(answers.heard)
        self.until(lambda: len(answers.heard) > seen + count, "more answers")

    def until(self, condition: Any, what: str, timeout_s: float = START_S) -> float:
        """Seconds until it holds. Raises AssertionError with what did not come."""
        began = time.monotonic()
        assert wait_until(condition, timeout_s=timeout_s, every_s=0.2), f"{what}: {self.logs()}"
        return time.monotonic() - began

    def logs(self) -> str:
        return "\n".join(f"{p.name}: {p.read_text()[-600:]}" for p in self._folder.glob("*.log"))

    def _start(self, machine: Machine, command: list[str], own: Mapping[str, str]) -> Any:
        environment = _with_path(self._everywhere | own)
        return machine.start(command, env=environment, log=self._folder / f"{machine.name}.log")

    def take_back(self, machine: Machine, seconds: int) -> None:
        """The cloud's notice to a machine that it ends then, which the node's own watcher hears."""
        ends = datetime.now(UTC) + timedelta(seconds=seconds)
        notice = {"action": "terminate", "time": f"{ends:%Y-%m-%dT%H:%M:%SZ}"}
        write(machine, Path("/tmp/notice"), json.dumps(notice))
        cloud = ["-m", "tests.cloudbox.metadata", "8169", machine.address, "/tmp/notice"]
        self._start(machine, [str(_BIN / "python"), *cloud], {})
        watcher = ["-m", "cluster.fleet.live.notice", "--metadata", "http://127.0.0.1:8169"]
        self._start(machine, [str(_BIN / "python"), *watcher], {})


def _with_path(environment: Mapping[str, str]) -> dict[str, str]:
    return {**environment, "PATH": f"{_BIN}:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}


def _bake(machine: Machine) -> None:
    """What an image brings, without a cloud that could be asked for secrets or machines."""
    bring(machine)
    write(machine, SECRETS / "trii_ray_auth_token", _TOKEN)
    machine.run(["useradd", "--system", "trii"])
    machine.run(["install", "-d", NETWORK.files, "/var/lib/trii"])
    machine.run(["ln", "-sfn", SECRETS, "/var/lib/trii/secrets"])
