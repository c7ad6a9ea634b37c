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


def counted(amount: float, unit: str) -> str:
    """Such as `0.1 CPUs` and `1 GPU`."""
    return f"{amount:g} {unit}{'' if amount == 1 else 's'}"


def size(job: Size) -> str:
    """In words: what it asks for, or what a machine has."""
    parts = [counted(job.cpus, "CPU")] if job.cpus or not job.gpus else []
    parts += [counted(job.gpus, "GPU")] if job.gpus else []
    parts += [f"{job.memory_bytes / 2**30:.1f} GiB"] if job.memory_bytes else []
    return " and ".join(parts)
