"""The cluster's node pools, declared once.

Each pool is a label key of its own (`trii/pool-serve=true`), because a node holds one value per key
and the laptop's single node carries several pools.
"""

from collections.abc import Collection
from dataclasses import dataclass

from cluster.errors import ConfigError


@dataclass(frozen=True)
class Pool:
    """A kind of node: what runs there and how it is bought."""

    name: str
    purpose: str
    spot: bool = False
    gpu: bool = False

    @property
    def label(self) -> str:
        return f"trii/pool-{self.name}"


POOLS = {
    pool.name: pool
    for pool in (
        Pool("serve", "Serve replicas and proxies"),
        Pool("batch", "ingest, backtests, sweeps", spot=True),
        Pool("gpu", "training and models that need a GPU", gpu=True),
        Pool("gpu-spot", "sweeps on interruptible GPUs", spot=True, gpu=True),
    )
}
LAPTOP_POOLS = ("serve", "batch")


def labels(pools: Collection[str]) -> dict[str, str]:
    """The node labels of a machine that carries these pools."""
    return {POOLS[name].label: "true" for name in pools}


def placement(name: str, *, available: Collection[str]) -> dict[str, str]:
    """The label selector of a pool. Raises ConfigError when no node of it can exist.

    Ray waits for ever on a selector that nothing can satisfy, so the check stands here.
    """
    if name not in POOLS:
        raise ConfigError(f"pool={name!r}: expected one of {', '.join(POOLS)}")
    if name not in available:
        raise ConfigError(
            f"pool={name!r} has no nodes here; this cluster has {', '.join(available)}"
        )
    return {POOLS[name].label: "true"}
