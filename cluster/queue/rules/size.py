"""What a job keeps of one machine, and whether a machine has room for it."""

from collections.abc import Sequence
from typing import Protocol


class Size(Protocol):
    """A job's part of a machine, or all that a machine has."""

    @property
    def cpus(self) -> float: ...
    @property
    def gpus(self) -> float: ...
    @property
    def memory_bytes(self) -> int: ...


def fits(job: Size, free: Sequence[float]) -> bool:
    """Whether CPUs, GPUs and bytes of memory that are free have room for it."""
    asked = (job.cpus, job.gpus, job.memory_bytes)
    return not any(exceeds(a, f) for a, f in zip(asked, free, strict=True))


def exceeds(value: float, limit: float) -> bool:
    """Tenths of processors do not add up exactly."""
    return value > limit + 1e-6


def size(job: Size) -> str:
    """In words: what it asks for, or what a machine has."""
    parts = [f"{job.cpus:g} CPUs"]
    parts += [f"{job.gpus:g} GPUs"] if job.gpus else []
    parts += [f"{job.memory_bytes / 2**30:.1f} GiB"] if job.memory_bytes else []
    return " and ".join(parts)
