"""What a node can tell of itself: it runs there, as a worker of Ray, and changes nothing."""

import hashlib
import ipaddress
import platform
import resource
import subprocess
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Final

import psutil

import cluster
from cluster.fleet.doctor.facts import Gpu, Listener, NodeFacts, Store
from cluster.laptop.processes import MARKER

_SYSTEM: Final = Path("/proc/sys/net/ipv4")
_ASKED: Final = ("index", "name", "driver_version", "memory.total", "memory.used")
_PATIENCE_S: Final = 10.0
_LISTENS: Final = psutil.CONN_LISTEN


def look() -> NodeFacts:
    """Everything that concerns the cluster, of the machine that this process runs on."""
    raylet = _ancestor("raylet")
    told = raylet.environ() if raylet else {}
    cluster_node = "TRII_HEAD_ADDRESS" in told
    dialled = _option(raylet, "--gcs-address")
    gcs = _gcs_server(dialled)
    gpus, trouble = _gpus()
    first, last = (_SYSTEM / "ip_local_port_range").read_text().split()
    return NodeFacts(
        python=platform.python_version(),
        ray=version("ray"),
        trii=f"{version('trii')} {_code()}",
        of_a_cluster=cluster_node,
        token_mode=told.get("RAY_AUTH_MODE") == "token",
        head_dialled=dialled,
        files_limit={name: _files(part) for name, part in _parts(raylet, gcs)},
        listeners=tuple(_listeners(everything=cluster_node, marker=told.get(MARKER))),
        public_addresses=tuple(_public()),
        client_ports=(int(first), int(last)),
        reserved_ports=(_SYSTEM / "ip_local_reserved_ports").read_text().strip(),
        gpus=gpus,
        gpu_trouble=trouble,
        store=None if gcs is None else _store(gcs),
    )


def _ancestor(name: str) -> psutil.Process | None:
    return next((found for found in psutil.Process().parents() if name in found.name()), None)


def _gcs_server(dialled: str | None) -> psutil.Process | None:
    """The control service that this node's raylet dials, where it runs on this machine."""
    port = f"--gcs_server_port={(dialled or '').rpartition(':')[2]}"
    for process in psutil.process_iter(["name", "cmdline"]):
        if process.info["name"] == "gcs_server" and port in (process.info["cmdline"] or []):
            return process
    return None


def _parts(
    raylet: psutil.Process | None, gcs: psutil.Process | None
) -> Iterator[tuple[str, psutil.Process]]:
    if raylet is not None:
        yield "raylet", raylet
    if gcs is not None:
        yield "gcs_server", gcs


def _option(process: psutil.Process | None, name: str) -> str | None:
    words = process.cmdline() if process else []
    return next(
        (
            word.partition("=")[2]
            for word in words
            if word.startswith((f"{name}=", f"{name.replace('-', '_')}="))
        ),
        None,
    )


def _files(process: psutil.Process) -> int:
    """How many files it may have open at once."""
    allowed, _ = process.rlimit(resource.RLIMIT_NOFILE)
    return int(allowed)


def _code() -> str:
    """A hash over our sources here: two checkouts may have one version."""
    root = Path(cluster.__path__[0]).parent
    digest = hashlib.sha256()
    for package in ("cluster", "deployments", "jobs", "market", "training"):
        for path in sorted((root / package).rglob("*.py")):
            digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def _listeners(*, everything: bool, marker: str | None) -> Iterator[Listener]:
    """Beyond loopback: everything on a node of a cluster, else what the platform started."""
    held = psutil.net_connections(kind="tcp")
    waiting = [(*socket.laddr, socket.pid) for socket in held if socket.status == _LISTENS]
    for address, port, pid in sorted(waiting, key=lambda found: found[1]):
        process = _known(pid)
        ours = marker is not None and process is not None and _marker(process) == marker
        if (everything or ours) and not _is_loopback(address):
            yield Listener(address=address, port=port, program=_title(process))


def _is_loopback(address: str) -> bool:
    told = ipaddress.ip_address(address)
    mapped = told.ipv4_mapped if isinstance(told, ipaddress.IPv6Address) else None
    return (mapped or told).is_loopback


def _known(pid: int | None) -> psutil.Process | None:
    try:
        return None if pid is None else psutil.Process(pid)
    except psutil.NoSuchProcess:
        return None


def _marker(process: psutil.Process) -> str | None:
    try:
        told: str | None = process.environ().get(MARKER)
    except psutil.Error:
        return None
    return told


def _title(process: psutil.Process | None) -> str | None:
    try:
        return None if process is None else " ".join(process.cmdline())[:80] or process.name()
    except psutil.Error:
        return None


def _public() -> Iterator[str]:
    """Addresses of this machine that are not private ones."""
    for addresses in psutil.net_if_addrs().values():
        for entry in addresses:
            if entry.family.name in {"AF_INET", "AF_INET6"}:
                told = entry.address.partition("%")[0]
                if ipaddress.ip_address(told).is_global:
                    yield told


def _gpus() -> tuple[tuple[Gpu, ...], str | None]:
    """What the driver shows, and why it shows nothing where it should."""
    command = ("nvidia-smi", f"--query-gpu={','.join(_ASKED)}", "--format=csv,noheader,nounits")
    try:
        done = subprocess.run(  # noqa: S603 - ours
            command, capture_output=True, text=True, check=False, timeout=_PATIENCE_S
        )
    except FileNotFoundError:
        return (), "no nvidia-smi here"
    except subprocess.TimeoutExpired:
        return (), f"nvidia-smi gave no answer in {_PATIENCE_S:g} s"
    if done.returncode:
        return (), (done.stdout + done.stderr).strip().partition("\n")[0]
    return tuple(map(_gpu, done.stdout.strip().splitlines())), None


def _gpu(line: str) -> Gpu:
    index, name, driver, memory, used = (part.strip() for part in line.split(","))
    return Gpu(
        index=int(index), name=name, driver=driver, memory_mib=int(memory), used_mib=int(used)
    )


def _store(gcs: psutil.Process) -> Store:
    """Where the control service keeps its state, by what it was started with."""
    told = gcs.environ()
    if "RAY_REDIS_ADDRESS" in told:
        return Store(kind="redis", path=told["RAY_REDIS_ADDRESS"], present=True, marker=None)
    path = Path(told.get("RAY_gcs_storage_path", ""))
    name = told.get("TRII_GCS_MARKER")
    marker = None if name is None else path.parent / f".trii-{name}"
    return Store(
        kind=told.get("RAY_gcs_storage", "memory"),
        path=str(path),
        present=path.is_dir() and (marker is None or marker.exists()),
        marker=None if marker is None else str(marker),
    )
