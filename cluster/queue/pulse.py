"""What a driver tells of itself in its job's folder: that it lives, and how it ended.

Ray's word on a driver goes through its control service, which may be away while the driver goes on.
Two files of an attempt, which each side writes before it reads the other's: so either a driver that
only now begins sees that it must not, or whoever forbids it sees that it has begun.
"""

from dataclasses import asdict, dataclass
from typing import Final

import orjson

from cluster.stores.place import Place

BEAT_S: Final = 5.0
SILENT_S: Final = 30.0
"""Who has not told anything for so long is gone."""
_LONGEST: Final = 4096  # bytes of what a driver tells


@dataclass(frozen=True)
class Pulse:
    """`beats` grows while the driver lives; `exit_status` (a killing signal is negative) once it ended.

    `forbidden`: it ended because it was told to, and has no exit status of its own.
    """

    beats: int = 0
    exit_status: int | None = None
    forbidden: bool = False

    @property
    def ended(self) -> bool:
        return self.forbidden or self.exit_status is not None


def tell(folder: Place, attempt: str, pulse: Pulse) -> None:
    """Of the attempt with this submission id. Raises OSError, StoreError."""
    (folder / _pulse(attempt)).write_bytes(orjson.dumps(asdict(pulse)))


def read(folder: Place, attempt: str) -> Pulse | None:
    """The last that the driver told; None where it never began. Raises OSError, StoreError.

    The job may write there too: what tells nothing counts as nothing, be it a link, a pipe or endless.
    """
    try:
        with folder.inside(_pulse(attempt), hidden=True) as file:
            return Pulse(**orjson.loads(file.read(_LONGEST)))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def forbid(folder: Place, attempt: str) -> None:
    """Have the attempt's driver end, or never begin. Raises OSError, StoreError."""
    _stop(folder, attempt).write_bytes(b"")


def is_forbidden(folder: Place, attempt: str) -> bool:
    return _stop(folder, attempt).exists()


# Hidden, as nothing that the job itself has left.
def _pulse(attempt: str) -> str:
    return f".driver-{attempt}"


def _stop(folder: Place, attempt: str) -> Place:
    return folder / f".stop-{attempt}"
