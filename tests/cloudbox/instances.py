"""Instances of moto's EC2 are machines: one starts where an instance runs and ends where it is ended."""

import os
import stat
import subprocess
import threading
import traceback
from pathlib import Path
from typing import Any, Final

from tests.cloudbox import image, systemd
from tests.cloudbox.machine import Machine, run
from tests.cloudbox.network import Network

_EVERY_S: Final = 0.3
_OFF: Final = {"shutting-down", "terminated", "stopping", "stopped"}
_DISK: Final = "dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_"
# The firmware's table of a Nitro instance, which has its id.
_FIRMWARE: Final = """
mkdir -p /run/box/dmi/written/dmi/id /run/box/dmi/work
echo {instance} > /run/box/dmi/written/dmi/id/board_asset_tag
mount -t overlay -o lowerdir=/sys/devices/virtual,upperdir=/run/box/dmi/written,workdir=/run/box/dmi/work \
    overlay /sys/devices/virtual
"""


class Instances:
    """Watches EC2 from `start` on until `end`. `machines` has those that run, by instance."""

    def __init__(
        self, ec2: Any, network: Network, *, disks: Path, key: str, environment: dict[str, str]
    ) -> None:
        self.machines: dict[str, Machine] = {}
        self.faults: list[str] = []
        self._ec2 = ec2
        self._network = network
        self._disks = disks
        self._key = key
        self._environment = environment
        self._attached: dict[str, tuple[str, str]] = {}
        self._booting: list[threading.Thread] = []
        self._over = threading.Event()
        self._watching = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        self._watching.start()

    def end(self) -> None:
        """Raises RuntimeError with what went wrong with a machine meanwhile."""
        self._over.set()
        self._watching.join()
        for thread in self._booting:
            thread.join()
        for machine in self.machines.values():
            machine.kill()
        for _, device in self._attached.values():
            run("losetup", "--detach", device)
        if self.faults:
            raise RuntimeError("\n".join(self.faults))

    def _watch(self) -> None:
        while not self._over.wait(_EVERY_S):
            try:
                self._follow()
            except Exception:  # noqa: BLE001 - told at the end, in the test's own thread
                self.faults.append(traceback.format_exc())

    def _follow(self) -> None:
        reservations = self._ec2.describe_instances()["Reservations"]
        found = {one["InstanceId"]: one for entry in reservations for one in entry["Instances"]}
        for name, instance in found.items():
            off = instance["State"]["Name"] in _OFF
            if off and name in self.machines:
                self._stop(name)
            elif not off and name not in self.machines:
                # Its name is taken at once: machines boot beside each other.
                self.machines[name] = machine = self._network.machine(
                    name, address=instance["PrivateIpAddress"], first=systemd.BOOT
                )
                gpus = instance["InstanceType"].startswith(("g", "p"))
                thread = threading.Thread(target=self._boot, args=(machine, gpus))
                self._booting.append(thread)
                thread.start()
        for volume in self._ec2.describe_volumes()["Volumes"]:
            for attachment in volume.get("Attachments", []):
                self._attach(volume["VolumeId"], attachment["InstanceId"])

    def _boot(self, machine: Machine, gpus: bool) -> None:
        try:
            systemd.boot(machine)
            if gpus:
                image.play_driver(machine)
            machine.run(["sh", "-c", _FIRMWARE.format(instance=machine.name)])
            image.bake(machine, environment=self._environment)
            image.let_in(machine, self._key)
        except Exception:  # noqa: BLE001 - told at the end, in the test's own thread
            if machine.alive:
                self.faults.append(traceback.format_exc())

    def _stop(self, name: str) -> None:
        self.machines.pop(name).kill()
        for volume, (instance, device) in list(self._attached.items()):
            if instance == name:
                del self._attached[volume]
                run("losetup", "--detach", device)

    def _attach(self, volume: str, instance: str) -> None:
        """A volume that outlives instances: a file here, seen there as the device that EBS would be."""
        machine = self.machines.get(instance)
        disk = self._disks / volume
        # A volume without a file is an instance's root disk, which is the machine's own.
        if machine is None or volume in self._attached or not disk.exists():
            return
        device = run("losetup", "--find", "--show", str(disk)).strip()
        seen = machine.root / f"{_DISK}{volume.replace('-', '')}"
        seen.parent.mkdir(parents=True, exist_ok=True)
        os.mknod(seen, stat.S_IFBLK | 0o600, Path(device).stat().st_rdev)
        self._attached[volume] = instance, device


def make_disk(disk: Path) -> None:
    subprocess.run(["truncate", "--size=512M", disk], check=True)
