"""What the supervisor has done, in `restarts.json`: how often it started what again, and why last.

Written by the supervisor alone, so it needs no lock; `trii down` removes it.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from cluster.laptop.state import write_private

FILE: Final = "restarts.json"
SUPERVISOR: Final = "supervisor"  # the component
RESTART: Final = "cluster.laptop.supervision.restart"  # the module that starts one component again
BUSY: Final = 75  # its exit status where somebody else is at work on the platform


@dataclass(frozen=True)
class Restarts:
    """Of one component. `reason` says what happened last, at `at`, ISO 8601 in UTC."""

    count: int = 0
    reason: str = ""
    at: str = ""
    given_up: bool = False


def load(home: Path) -> dict[str, Restarts]:
    """By component; nothing where none was started again."""
    try:
        raw = json.loads((home / FILE).read_text())
        return {name: Restarts(**entry) for name, entry in raw.items()}
    except (FileNotFoundError, ValueError, TypeError):  # of another version: it counts anew
        return {}


def save(home: Path, restarts: dict[str, Restarts]) -> None:
    write_private(
        home / FILE, json.dumps({name: asdict(one) for name, one in restarts.items()}, indent=1)
    )


def forget(home: Path) -> None:
    (home / FILE).unlink(missing_ok=True)
