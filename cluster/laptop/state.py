"""What a platform remembers: its id, ports, processes and finished steps, in `state.json`."""

import fcntl
import json
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TextIO
from uuid import uuid4

from cluster.errors import PlatformError
from cluster.laptop.ports import choose
from cluster.laptop.processes import ProcessRecord
from cluster.waiting import wait_until

FILE = "state.json"
POOLS = ("serve", "batch")  # of the one node


@dataclass(frozen=True)
class Part:
    """A process of Ray's head that is started again alone.

    `environment` is what Ray's launcher added to that of the component; `port` names the one on which
    it answers, None where it answers on none.
    """

    process: ProcessRecord
    command: list[str]
    environment: dict[str, str]
    port: str | None = None


@dataclass
class PlatformState:
    """The memory of one platform. `steps` maps a finished step to its time, ISO 8601 in UTC.

    `settings` are variables that it was started with and that all of its processes must share.
    """

    platform_id: str
    runtime_dir: str
    ports: dict[str, int]
    processes: dict[str, ProcessRecord] = field(default_factory=dict)
    steps: dict[str, str] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    parts: dict[str, Part] = field(default_factory=dict)


def load(home: Path) -> PlatformState | None:
    """The state at `home`, or None when no platform was ever started there."""
    path = home / FILE
    try:
        raw = json.loads(path.read_text())
        records = {name: ProcessRecord(**entry) for name, entry in raw.pop("processes").items()}
        parts = {name: _part(entry) for name, entry in raw.pop("parts", {}).items()}
        return PlatformState(**raw, processes=records, parts=parts)
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError) as exc:
        raise PlatformError(f"{path} is damaged ({exc}); move it away and run `trii up`") from exc


def _part(entry: dict[str, Any]) -> Part:
    return Part(**{**entry, "process": ProcessRecord(**entry["process"])})


def save(home: Path, state: PlatformState) -> None:
    """Replace the state at once: a reader sees the old or the new, never a half."""
    write_private(home / FILE, json.dumps(asdict(state), indent=1))
    names = {"api", "dashboard", "mlflow", "postgres", "redis", "ray"}
    lines = [f"TRII_{name.upper()}_PORT={state.ports[name]}" for name in sorted(names)]
    lines.append(f"TRII_RUNTIME_DIR={state.runtime_dir}")
    lines.append(f"TRII_POOLS={json.dumps(POOLS)}")
    # Ray is told of more CPUs than there are, for replicas that mostly wait; a task does not.
    lines.append(f"TRII_TASKS_AT_ONCE={os.cpu_count() or 1}")
    lines += [f"{name}={json.dumps(value)}" for name, value in state.settings.items()]
    write_private(home / "platform.env", "\n".join(lines) + "\n")


def create(home: Path, pinned: dict[str, int]) -> PlatformState:
    """A new platform's state: an id, ports, a short folder for sockets under the temp folder."""
    home.mkdir(parents=True, exist_ok=True)
    return PlatformState(
        platform_id=uuid4().hex,
        runtime_dir=new_runtime_dir(),
        ports=choose(pinned),
    )


def new_runtime_dir() -> str:
    """A 0700 folder with a short name: paths of Unix sockets end at 107 characters."""
    return tempfile.mkdtemp(prefix="trii-", dir=tempfile.gettempdir())


def is_private(folder: Path) -> bool:
    """Whether a folder is still ours alone.

    It lies in the common temp folder: once it is swept, anybody may make one of that name.
    """
    try:
        found = folder.lstat()
    except OSError:
        return False
    ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
    return ours and not found.st_mode & 0o077


def write_private(path: Path, text: str) -> None:
    """Write a file of mode 0600 through a temporary one in the same folder."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        # Before it takes its name: after a power cut the old file is there, or all of the new one.
        os.fsync(file.fileno())
    temporary.replace(path)


def is_at_work(home: Path) -> bool:
    """Whether somebody holds the platform's lock."""
    try:
        with exclusive(home):
            return False
    except PlatformError:
        return True


@contextmanager
def exclusive(home: Path, *, wait_s: float = 0.0) -> Iterator[None]:
    """Hold the platform's lock: two `trii up` at once would start everything twice.

    Raises PlatformError where somebody else holds it for longer than `wait_s`.
    """
    home.mkdir(parents=True, exist_ok=True)
    with (home / ".lock").open("w") as file:
        if not wait_until(lambda: _locks(file), timeout_s=wait_s, every_s=0.02):
            raise PlatformError(f"another trii up or down is at work on {home}; wait for it to end")
        yield


def _locks(file: TextIO) -> bool:
    """Take the lock unless it is held. The kernel frees it with its holder's death: none is stale."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
