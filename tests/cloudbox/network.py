"""A network of machines: a bridge with a range of addresses that nobody else here has."""

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from tests.cloudbox.machine import Machine, cgroups, clear, run

_BRIDGES: Final = range(200, 250)  # the second part of their addresses: 10.200.0.0/24 and so on


class Network:
    """`with Network() as network`: what is in it ends with it."""

    def __init__(self) -> None:
        self.machines: dict[str, Machine] = {}
        self._bridge = ""
        self._cards = 0

    def __enter__(self) -> Self:
        _sweep()
        for number in _free():
            self._bridge, self.range = f"box{number}", IPv4Network(f"10.{number}.0.0/24")
            # Refused where another process took the name a moment ago.
            with contextlib.suppress(RuntimeError):
                run("ip", "link", "add", self._bridge, "type", "bridge")
                _unplug(self._bridge)
                break
        else:
            raise RuntimeError("every network for machines in a box is taken: 10.200 to 10.249")
        self.address = str(self.range[254])
        run("ip", "link", "set", self._bridge, "alias", str(os.getpid()))
        run("ip", "addr", "add", f"{self.address}/24", "dev", self._bridge)
        run("ip", "link", "set", self._bridge, "up")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        for machine in self.machines.values():
            machine.kill()
        _unplug(self._bridge)
        run("ip", "link", "delete", self._bridge)

    def machine(
        self,
        name: str,
        *,
        address: str | None = None,
        volumes: Mapping[str, Path] | None = None,
        first: str = "",
    ) -> Machine:
        """A machine that runs; one of this name that ended makes room for it.

        `volumes`: folders of this machine that outlive it, by the path that it sees them at.
        `first`: what a shell does to become its first process (`systemd.BOOT`), where it has one.
        """
        standing = self.machines.get(name)
        if standing is not None and standing.alive:
            raise ValueError(f"a machine {name!r} runs: kill it first")
        self._cards += 1
        link = f"{self._bridge}n{self._cards}"
        machine = self.machines[name] = Machine(name, link, volumes or {}, first)
        machine.plug_in(self._bridge, address or self._next(), self.address)
        self._write_hosts()
        return machine

    def _next(self) -> str:
        taken = {machine.address for machine in self.machines.values() if machine.alive}
        return next(str(host) for host in self.range.hosts() if str(host) not in taken)

    def _write_hosts(self) -> None:
        """Everybody finds everybody, and itself, by name as well."""
        running = [machine for machine in self.machines.values() if machine.alive]
        lines = [
            "127.0.0.1 localhost",
            *(f"{machine.address} {machine.name}" for machine in running),
        ]
        for machine in running:
            (machine.root / "etc/hosts").write_text("\n".join(lines) + "\n")


def _free() -> Iterator[int]:
    listed = json.loads(run("ip", "-json", "-4", "addr"))
    taken = {
        address["local"].split(".")[1]
        for link in listed
        for address in link.get("addr_info", [])
        if address["local"].startswith("10.")
    }
    return (number for number in _BRIDGES if str(number) not in taken)


def _unplug(bridge: str) -> None:
    """Cables of machines that ended: the kernel takes them away some time after a machine's network."""
    for link in json.loads(run("ip", "-json", "link", "show", "type", "veth")):
        if link.get("ifname", "").startswith(f"{bridge}n"):
            # Refused where it went a moment ago.
            with contextlib.suppress(RuntimeError):
                run("ip", "link", "delete", link["ifname"])


def _sweep() -> None:
    """Bridges whose process was killed: machines end with theirs, a bridge can't."""
    for link in json.loads(run("ip", "-json", "link", "show", "type", "bridge")):
        owner = link.get("ifalias", "")
        ours = link.get("ifname", "").startswith("box") and owner.isdigit()
        if ours and not Path(f"/proc/{owner}").exists():
            run("ip", "link", "delete", link["ifname"])
            for cgroup in cgroups().glob(f"{link['ifname']}n*"):
                clear(cgroup)
