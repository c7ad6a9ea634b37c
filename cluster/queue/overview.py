"""The queue at a glance: who has what in which pool, under which quota, and whether it moves."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from cluster.control import leases
from cluster.queue import store
from cluster.queue.rules.job import Job
from cluster.queue.rules.limits import Quota
from cluster.queue.rules.states import OPEN
from cluster.settings import Settings
from cluster.stores.postgres import connect


@dataclass(frozen=True)
class Share:
    """What one user has in one pool."""

    user_id: str
    pool: str
    queued: int
    submitting: int
    running: int
    cpus: float
    gpus: float


@dataclass(frozen=True)
class Overview:
    """The queue at a glance. `moves` is false where nobody leads the loops: nothing will start."""

    shares: list[Share]
    quotas: dict[str, Quota]
    moves: bool


def overview(settings: Settings) -> Overview:
    """Who has what in the queue."""
    with connect(settings, "serve") as connection:
        jobs = store.find_jobs(connection, states=OPEN)
        quotas = store.read_quotas(connection)
        moves = leases.is_held(connection, leases.CONTROL)
    lines: dict[tuple[str, str], list[Job]] = defaultdict(list)
    for job in jobs:
        lines[job.user_id, job.pool].append(job)
    shares = [_share(user, pool, mine) for (user, pool), mine in sorted(lines.items())]
    return Overview(shares, quotas, moves)


def _share(user_id: str, pool: str, jobs: Sequence[Job]) -> Share:
    active = [job for job in jobs if job.state != "queued"]
    counts = {state: sum(job.state == state for job in jobs) for state in OPEN}
    return Share(
        user_id,
        pool,
        counts["queued"],
        counts["submitting"],
        counts["running"],
        round(sum(job.cpus for job in active), 6),
        round(sum(job.gpus for job in active), 6),
    )
