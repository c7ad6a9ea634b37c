"""One machine: namespaces of its own, on an overlay of this machine's root."""

import contextlib
import functools
import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address
from pathlib import Path
from typing import Final

import pytest

from cluster.waiting import wait_until

ROOT: Final = Path(__file__).parents[2]
TOOLS: Final = {
    "ip": "iproute2",
    "unshare": "util-linux",
    "nsenter": "util-linux",
    "pivot_root": "util-linux",
}
# State of this machine is no part of the image.
_EMPTY: Final = ("/tmp", "/run", "/var/tmp", "/var/lib/trii", "/dev/shm")
HOME: Final = "/home/box"
# Ends what it began with the pipe to whoever made the machine, however that ended.
_HOLD: Final = """
unshare --net --mount --pid --uts --ipc --fork --kill-child sh -c "$SETUP" &
cat
kill -9 $!
"""
# Up to the machine's first process, with which all others end.
_SETUP: Final = """
set -eu
read pid rest < /proc/self/stat
echo 0 > $CGROUP/cgroup.procs
layers=$(mktemp -d)
mount --make-rprivate /
mount -t tmpfs -o mode=0755 tmpfs $layers
mkdir $layers/written $layers/work $layers/root
mount -t overlay -o lowerdir=/,upperdir=$layers/written,workdir=$layers/work overlay $layers/root
for kept in $VOLUMES; do
    mkdir -p $layers/root${kept#*=}
    mount --bind ${kept%%=*} $layers/root${kept#*=}
done
cd $layers/root
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t tmpfs -o mode=0755 tmpfs dev
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
for device in null zero full random urandom tty; do
    touch dev/$device
    mount --bind /dev/$device dev/$device
done
for empty in $EMPTY; do
    mkdir -p .$empty
    mount -t tmpfs -o mode=1777 tmpfs .$empty
done
mkdir -p .$HOME .old
pivot_root . .old
umount -n -l /.old
rmdir /.old
hostname $NAME
echo $NAME > /etc/hostname
echo $pid
"""
# Its children are the orphans of the machine, which the kernel reaps where nobody wants to hear of them.
_IDLE: Final = "exec env --ignore-signal=CHLD sleep infinity"


@functools.cache
def missing() -> str:
    """Why no machine can be made here, and what to do; empty where one can."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "machines in a box need root on Linux"
    absent = {package for tool, package in TOOLS.items() if not shutil.which(tool)}
    if absent:
        return f"machines in a box need {', '.join(sorted(absent))}: apt-get install them"
    image = {path.resolve() for path in (ROOT, Path(sys.prefix), Path(sys.base_prefix))}
    elsewhere = [str(path) for path in image if path.stat().st_dev != Path("/").stat().st_dev]
    if elsewhere:
        return f"machines in a box are images of /, and {', '.join(elsewhere)} is not on its disk"
    tried = subprocess.run(
        ["unshare", "--net", "--mount", "--pid", "--fork", "true"], capture_output=True, check=False
    )
    return tried.stderr.decode().strip()


NEEDED = [pytest.mark.long, pytest.mark.skipif(bool(missing()), reason=missing())]


class Machine:
    """Made by `Network.machine`."""

    def __init__(self, name: str, link: str, volumes: Mapping[str, Path], first: str) -> None:
        self.name = name
        self.address = ""
        self._link = link
        self._cgroup = cgroups() / link
        self._started: list[subprocess.Popen[bytes]] = []
        self._cgroup.mkdir()
        kept = [f"{source}={target}" for target, source in volumes.items()]
        own = {
            "SETUP": f"{_SETUP}{first or _IDLE}",
            "NAME": name,
            "CGROUP": str(self._cgroup),
            "VOLUMES": " ".join(kept),
            "EMPTY": " ".join(_EMPTY),
            "HOME": HOME,
            "PATH": os.environ["PATH"],
        }
        self._box = subprocess.Popen(
            ["sh", "-c", _HOLD],
            env=own,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is for the test, which ends it in order
        )
        assert self._box.stdout is not None
        told = self._box.stdout.readline()
        if not told:
            said = self._box.communicate()[1]
            self._cgroup.rmdir()
            raise RuntimeError(f"the machine {name} did not start: {said}")
        self.pid = int(told)

    @property
    def root(self) -> Path:
        """Its files, as they are seen from here while it runs."""
        return Path(f"/proc/{self.pid}/root")

    @property
    def alive(self) -> bool:
        return self.root.exists()

    def plug_in(self, bridge: str, address: str, gateway: str) -> None:
        """A network card with this address, and a cable from it to the bridge."""
        self.address = address
        link = self._link
        ip = functools.partial(run, "ip")
        ip("link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", str(self.pid))
        ip("link", "set", link, "master", bridge, "up")
        inside = functools.partial(run, "nsenter", "-t", str(self.pid), "-n", "ip")
        inside("link", "set", "lo", "up")
        # Of the address: others go on to reach it where another machine takes it over.
        inside("link", "set", "eth0", "address", "02:00:" + IPv4Address(address).packed.hex(":"))
        inside("addr", "add", f"{address}/24", "dev", "eth0")
        inside("link", "set", "eth0", "up")
        inside("route", "add", "default", "via", gateway)

    def run(
        self,
        argv: Sequence[str | Path],
        *,
        env: Mapping[str, str] | None = None,
        user: str = "root",
        stdin: str | None = None,
        timeout_s: float = 120,
        check: bool = True,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program on it to its end, with an environment of its own and nothing of this one's.

        Raises CalledProcessError, whose note has what the program said, where it failed.
        """
        done = subprocess.run(
            self._entered(argv, user),
            env=self._environment(env),
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        if check and done.returncode:
            failed = subprocess.CalledProcessError(
                done.returncode, shlex.join(map(str, argv)), done.stdout, done.stderr
            )
            failed.add_note(f"on {self.name}: {done.stdout}{done.stderr}")
            raise failed
        return done

    def start(
        self,
        argv: Sequence[str | Path],
        *,
        env: Mapping[str, str] | None = None,
        user: str = "root",
        log: Path | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start a program on it; what it says goes to a file of this machine. It ends with the machine."""
        with Path(log or os.devnull).open("ab") as said:
            process = subprocess.Popen(
                self._entered(argv, user),
                env=self._environment(env),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )
        self._started.append(process)
        return process

    def kill(self) -> None:
        """Cut its power: all of its processes are gone at once, and all that it wrote. Again is fine."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        self._box.communicate()
        for process in self._started:
            process.wait(timeout=30)
        # It goes with its network, which the kernel clears away later; its name is needed again.
        subprocess.run(["ip", "link", "delete", self._link], capture_output=True, check=False)
        clear(self._cgroup)

    def cut(self) -> None:
        """Pull its cable: it goes on, and nobody reaches it."""
        run("ip", "link", "set", self._link, "down")

    def mend(self) -> None:
        run("ip", "link", "set", self._link, "up")

    def _entered(self, argv: Sequence[str | Path], user: str) -> list[str]:
        """As a child of this process: its PID here is the program's own."""
        entering = ["nsenter", "-t", str(self.pid), "-n", "-m", "-p", "-u", "-i", "-r", "-w", "--"]
        if user != "root":
            entering += ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--"]
        return [*entering, *map(str, argv)]

    def _environment(self, own: Mapping[str, str] | None) -> dict[str, str]:
        path = f"{sys.prefix}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        return {"PATH": path, "HOME": HOME, "LANG": "C.UTF-8", **(own or {})}


def cgroups() -> Path:
    """The root of control groups: where the older kind is in use it stands beside that."""
    beside = Path("/sys/fs/cgroup/unified")
    return beside if beside.exists() else beside.parent


def clear(cgroup: Path) -> None:
    """Remove a machine's control group, once the last of its processes is gone."""
    events = cgroup / "cgroup.events"
    if cgroup.exists():
        wait_until(lambda: "populated 0" in events.read_text(), timeout_s=30, every_s=0.01)
        for folder, _, _ in os.walk(cgroup, topdown=False):
            Path(folder).rmdir()


def run(*argv: str) -> str:
    """What a program of this machine printed. Raises RuntimeError with what it complained of."""
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{shlex.join(argv)}: {done.stderr.strip()}")
    return done.stdout
