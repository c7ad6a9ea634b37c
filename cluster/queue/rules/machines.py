"""What the machines of each pool have free, while a plan is made. Pure.

Of a node is gone what replicas and drivers keep there, by Ray's own word. An active job that Ray has
not placed yet is taken for placed on the first node with room.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Protocol

from cluster.queue.rules.limits import Holder, PoolNodes
from cluster.queue.rules.size import Size, fits, size


class Placed(Size, Protocol):
    """A job of a pool, with its attempt."""

    @property
    def pool(self) -> str: ...
    @property
    def submission_id(self) -> str | None: ...


class Machines:
    """One node may carry several pools: what is taken in one is gone in all of them."""

    def __init__(
        self,
        pools: Mapping[str, PoolNodes],
        holders: Collection[Holder],
        active: Collection[Placed],
    ) -> None:
        self._pools = pools
        by_id: dict[str, list[float]] = {}
        self._free = {
            name: [
                by_id.setdefault(node.id or f"{name}-{number}", list(node.amounts))
                for number, node in enumerate(pool.nodes)
            ]
            for name, pool in pools.items()
        }
        ours = {job.submission_id for job in active}
        self._take((holder for holder in holders if holder.attempt not in ours), by_id)
        # What would be free if no job of the queue ran.
        self._beside = {name: [tuple(free) for free in nodes] for name, nodes in self._free.items()}
        self._take((holder for holder in holders if holder.attempt in ours), by_id)
        placed = {holder.attempt for holder in holders if holder.node_id in by_id}
        for job in active:
            if job.submission_id not in placed:
                self.place(job)

    def grows(self, pool: str) -> bool:
        """Whether Ray adds a node where a job asks for one."""
        return self._pools.get(pool, PoolNodes()).grows

    def never(self, job: Placed) -> str | None:
        """Why the job could not start though every other one ended; None where it could."""
        pool = self._pools.get(job.pool, PoolNodes())
        if not pool.nodes:
            return f"pool {job.pool} has no node"
        if not any(fits(job, node.amounts) for node in pool.nodes):
            return f"pool {job.pool} has no node with {size(job)}"
        if not any(fits(job, free) for free in self._beside[job.pool]):
            return (
                f"pool {job.pool} has no node with {size(job)} beside what applications and jobs "
                "from outside of the queue hold"
            )
        return None

    def has_room(self, job: Placed) -> bool:
        return any(fits(job, free) for free in self._free.get(job.pool, ()))

    def place(self, job: Placed) -> None:
        """On the first node with room; one that fits nowhere, since its node is gone, takes nothing."""
        for free in self._free.get(job.pool, ()):
            if fits(job, free):
                _subtract(free, job)
                return

    def _take(self, holders: Iterable[Holder], free: Mapping[str, list[float]]) -> None:
        for holder in holders:
            if holder.node_id in free:
                _subtract(free[holder.node_id], holder)


def _subtract(free: list[float], part: Size) -> None:
    for i, amount in enumerate((part.cpus, part.gpus, part.memory_bytes)):
        free[i] -= amount
