"""What jobs may have: each user's quota, what all users may have together, the machines there are."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cluster.fleet.pools import Node
from cluster.queue.rules.budget import Budget
from cluster.queue.rules.size import counted, exceeds

EVERYBODY: Final = "*"


@dataclass(frozen=True)
class Quota:
    """What a user may have running at once; None is no limit."""

    running: int | None
    cpus: float | None
    gpus: float | None


@dataclass(frozen=True)
class Together:
    """What jobs of all users may have; None is no limit. `bound`: dollars of this day already gone.

    Those of jobs that run are gone until their expected end.
    """

    jobs: int | None = None
    budget: Budget | None = None
    bound: float = 0.0


@dataclass(frozen=True)
class PoolNodes:
    """The nodes of a pool that are there. `grows`: Ray adds one where a job asks for it."""

    nodes: tuple[Node, ...] = ()
    grows: bool = False


@dataclass(frozen=True)
class Holder:
    """Who keeps a part of a node for as long as it lives: a replica, or a driver.

    `attempt` is a driver's submission id.
    """

    node_id: str
    cpus: float
    gpus: float = 0.0
    memory_bytes: int = 0
    attempt: str | None = None


def quota_of(quotas: Mapping[str, Quota], user_id: str) -> Quota | None:
    """A user's own, else everybody's; None where there is neither, and so no limit."""
    return quotas.get(user_id) or quotas.get(EVERYBODY)


def beyond(quota: Quota, user_id: str, *, cpus: float, gpus: float) -> str | None:
    """Which limit of the quota a job breaks all alone: it could never start."""
    if quota.running == 0:
        return f"quota: {user_id} may run no jobs"
    for unit, asked, limit in (("CPU", cpus, quota.cpus), ("GPU", gpus, quota.gpus)):
        if limit is not None and exceeds(asked, limit):
            return f"quota: {user_id} may use {counted(limit, unit)} and the job asks for {asked:g}"
    return None
