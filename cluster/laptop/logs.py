"""The platform's own logs: a file a component, and what each replica of an application writes."""

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from cluster.errors import NotFound
from cluster.laptop import state as states
from market.errors import near_names, offered

# Ray's own first line in the file of an actor, which is what a replica is.
_REPLICA: Final = re.compile(rb":actor_name:ServeReplica:([^:\n]+):")
_HEAD: Final = 4096
_END: Final = 1_000_000  # bytes of a file that are looked at for its last lines
Find = Callable[[], Sequence[Path]]


def logs_of(home: Path) -> dict[str, list[Path]]:
    """The log files by component and by application, each replica's own, those that ended too."""
    found = {path.stem: [path] for path in sorted((home / "logs").glob("*.log"))}
    state = states.load(home)
    if state is None:
        return found
    folder = Path(state.runtime_dir) / "ray" / "session_latest" / "logs"
    # Standard error has our lines and the server's, the other one what Serve itself says.
    for path in sorted(folder.glob("worker-*.err"), key=lambda path: path.stat().st_mtime):
        if name := _REPLICA.search(_head(path)):
            found.setdefault(name[1].decode(), []).append(path)
    for path in sorted((folder / "serve").glob("replica_*_*.log")):
        found.setdefault(path.name.split("_")[1], []).append(path)
    return found


def find(home: Path, name: str) -> list[Path]:
    """The files of one component or application. Raises NotFound that names those there are."""
    known = logs_of(home)
    if name in known:
        return known[name]
    hint = offered(near_names(name, known))
    there = f"expected one of {', '.join(sorted(known))}" if known else "nothing was started yet"
    raise NotFound(f"no log of {name!r}: {there}{hint}")


class Tail:
    """What files have gained since they were last read; at first the last lines of each."""

    def __init__(self, files: Find, *, lines: int) -> None:
        self._files = files
        self._lines = lines
        self._read: dict[Path, int] = {}

    def __iter__(self) -> Iterator[tuple[Path, str]]:
        """Each file that has something new, with that. A file that is new is read from its begin."""
        first = not self._read
        for path in self._files():
            size = path.stat().st_size
            begin = self._read.get(path, max(0, size - _END) if first else 0)
            with path.open("rb") as file:
                file.seek(begin if begin <= size else 0)  # it began anew
                data = file.read()
                self._read[path] = file.tell()
            text = data.decode(errors="replace")
            if first:
                text = "".join(text.splitlines(keepends=True)[-self._lines :])
            if text:
                yield path, text


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD)
