"""What a doctor finds wrong, with a platform or a cluster."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing wrong: a short name of its kind, what stands there, and what to do about it."""

    name: str
    what: str
    remedy: str
