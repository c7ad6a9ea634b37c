"""A cloud in a box: AWS as moto plays it, whose EC2 instances are machines that boot systemd and sshd.

with Network() as network, Cloud(network, folder, secrets={"ray_auth_token": "…"}) as cloud:
    ground = cloud.ground        # for `trii cluster render --ground`
    subprocess.run(["ray", "up", …], env=os.environ | cloud.environment)
    cloud.machines               # by instance id
    cloud.lose(instance)         # as spot is: the machine is gone, and EC2 says so
"""

import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import boto3
import httpx

from cluster.waiting import wait_until
from tests.cloudbox import image
from tests.cloudbox import machine as machines
from tests.cloudbox.ground import REGION, lay
from tests.cloudbox.instances import Instances, make_disk
from tests.cloudbox.machine import Machine
from tests.cloudbox.network import Network

PORT: Final = 5555


def missing() -> str:
    return machines.missing() or image.missing()


class Cloud:
    """Until the end of its `with`. Raises RuntimeError there with what went wrong with a machine."""

    def __init__(self, network: Network, folder: Path, *, secrets: dict[str, str]) -> None:
        self._network = network
        self._folder = folder
        self._secrets = secrets
        self.endpoint = f"http://{network.address}:{PORT}"
        self.environment = {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "box",
            "AWS_SECRET_ACCESS_KEY": "box",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        self.session = boto3.Session("box", "box", region_name=REGION)
        self.key = folder / "trii"

    def __enter__(self) -> Self:
        with (self._folder / "moto.log").open("wb") as log:
            self._server = subprocess.Popen(
                [
                    Path(sys.executable).with_name("moto_server"),
                    *("-H", self._network.address, "-p", str(PORT)),
                ],
                stdout=log,
                stderr=log,
            )
        alive = lambda: self._server.poll() is None  # noqa: E731
        if not wait_until(self._answers, timeout_s=60, alive=alive):
            raise RuntimeError(f"moto does not answer: {self._folder / 'moto.log'}")
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.key], check=True)
        self.ground = lay(self, self._network.range, key=self.key, secrets=self._secrets)
        make_disk(self._folder / self.ground["head"]["volume"])
        self._instances = Instances(
            self.client("ec2"),
            self._network,
            disks=self._folder,
            key=self.key.with_suffix(".pub").read_text(),
            environment=self.environment,
        )
        self._instances.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        try:
            self._instances.end()
        finally:
            self._server.terminate()
            self._server.wait(timeout=30)

    @property
    def machines(self) -> dict[str, Machine]:
        """Those of instances that run, by instance."""
        return dict(self._instances.machines)

    def client(self, service: str) -> Any:
        return self.session.client(service, endpoint_url=self.endpoint)

    def pool(self, name: str) -> list[str]:
        """Instances of a pool that run, oldest first."""
        wanted = [
            {"Name": "tag:trii:pool", "Values": [name]},
            {"Name": "instance-state-name", "Values": ["pending", "running"]},
        ]
        told = self.client("ec2").describe_instances(Filters=wanted)["Reservations"]
        found = [one for entry in told for one in entry["Instances"]]
        return [one["InstanceId"] for one in sorted(found, key=lambda one: one["LaunchTime"])]

    def lose(self, instance: str) -> None:
        """An instance is taken back as spot is, without a word before."""
        self.machines[instance].kill()
        self.client("ec2").terminate_instances(InstanceIds=[instance])

    def _answers(self) -> bool:
        try:
            return httpx.get(self.endpoint, timeout=2, trust_env=False).is_success
        except httpx.TransportError:
            return False
