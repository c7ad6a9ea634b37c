"""What a notice says to a person: a title of one line, and a text."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

Payload = Mapping[str, Any]


@dataclass(frozen=True)
class Message:
    """A notice as it goes out. `key` is the same at every attempt and on every channel."""

    key: str
    event: str
    payload: Payload
    created_at: datetime

    @property
    def title(self) -> str:
        return f"TRII: {_TITLES[self.event](self.payload)}" if self.event in _TITLES else "TRII"

    @property
    def text(self) -> str:
        lines = [f"{name}: {_value(value)}" for name, value in self.payload.items()]
        return "\n".join([*lines, f"at: {self.created_at.isoformat()}", f"delivery: {self.key}"])


_TITLES: Final[Mapping[str, Callable[[Payload], str]]] = {
    "job.failed": lambda p: f"job {p['job']} failed",
    "ingest.failed": lambda p: f"ingest {p['job']} failed",
    "ingest.quarantined": lambda p: f"ingest {p['job']} put {p['rows']} rows into quarantine",
    "schedule.missed": lambda p: f"schedule {p['schedule']} missed its time",
    "test": lambda p: f"test of channel {p['channel']}",
}


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {part}" for name, part in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
