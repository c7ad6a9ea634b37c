"""The folder of a job: its log, kept after Ray and the node are gone, and what the job wrote there."""

import os
from dataclasses import dataclass
from pathlib import Path

from cluster.settings import Settings

LOG = "log.txt"


@dataclass(frozen=True)
class Artifact:
    """A file of a job: its path within the folder, and its size."""

    name: str
    bytes: int


def folder(settings: Settings, job_id: str) -> Path:
    return settings.results_path / "jobs" / job_id


def keep_log(settings: Settings, job_id: str, text: str) -> None:
    """Write the log of the current attempt; a reader sees the old one or the new one."""
    path = folder(settings, job_id) / LOG
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{LOG}.{os.getpid()}")
    temporary.write_text(text)
    temporary.replace(path)


def set_aside_log(settings: Settings, job_id: str, attempt: int) -> None:
    """Keep the log of an attempt that is over as `log-<attempt>.txt`, for the next one's sake."""
    path = folder(settings, job_id) / LOG
    if path.exists():
        path.replace(path.with_name(f"log-{attempt}.txt"))


def kept_log(settings: Settings, job_id: str) -> str | None:
    path = folder(settings, job_id) / LOG
    return path.read_text(errors="replace") if path.exists() else None


def artifacts(settings: Settings, job_id: str) -> list[Artifact]:
    """Every file in the job's folder, by name; unfinished ones (a dot before the name) are not shown."""
    top = folder(settings, job_id)
    files = [path for path in sorted(top.rglob("*")) if path.is_file() and path.name[0] != "."]
    return [Artifact(str(path.relative_to(top)), path.stat().st_size) for path in files]
