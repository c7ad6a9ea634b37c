"""The kinds of jobs: what a job of each may be put through without harm."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """`resumable`: a second attempt goes on where the first ended, or does nothing twice."""

    name: str
    module: str
    resumable: bool


KINDS = {
    kind.module: kind
    for kind in (
        Kind("ingest", "jobs.ingest", resumable=True),  # writes only what the lake lacks
        Kind("backtest", "jobs.backtest", resumable=True),  # finished shards are found again
        Kind("sweep", "jobs.sweep", resumable=False),  # would register a second version
        Kind("train", "jobs.train", resumable=False),
        Kind("score", "jobs.score", resumable=True),
    )
}


def kind_of(module: str) -> Kind:
    """The kind of a module; one that nobody knows is of kind `module` and never run twice."""
    return KINDS.get(module) or Kind("module", module, resumable=False)


def default_attempts(*, resumable: bool) -> int:
    """How often a job is tried where its user has not said: once where a second try may do harm."""
    return 3 if resumable else 1
