"""The cluster's node pools, declared once.

Each pool is a label key of its own (`trii/pool-serve=true`), because a node holds one value per key
and the laptop's single node carries several pools.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from cluster.errors import ConfigError
from cluster.fleet.settings import PoolName

# How a node was bought; a node that nobody buys, such as the laptop's, has no such label.
MARKET_LABEL: Final = "trii/market"
_SPOT: Final = "spot"

JOINS_WITHIN: Final = timedelta(minutes=2)
"""How long the node that a pool grows by mostly takes, where the cloud has one: what people are told."""


@dataclass(frozen=True)
class Pool:
    """A kind of node: what runs there and how it is bought."""

    name: PoolName
    purpose: str
    spot: bool = False
    gpu: bool = False

    @property
    def label(self) -> str:
        return f"trii/pool-{self.name}"


@dataclass(frozen=True)
class Node:
    """A machine of a pool, with all that it has; `id` is Ray's, where one runs."""

    cpus: float
    gpus: float = 0.0
    memory_bytes: int = 0
    id: str = ""

    @property
    def amounts(self) -> tuple[float, float, float]:
        """CPUs, GPUs and bytes of memory."""
        return self.cpus, self.gpus, float(self.memory_bytes)


POOLS: dict[str, Pool] = {
    pool.name: pool
    for pool in (
        Pool("serve", "Serve replicas and proxies"),
        Pool("batch", "ingest, backtests, sweeps", spot=True),
        Pool("gpu", "training and models that need a GPU", gpu=True),
        Pool("gpu-spot", "sweeps on interruptible GPUs", spot=True, gpu=True),
    )
}


def labels(pools: Collection[str]) -> dict[str, str]:
    """The node labels of a machine that carries these pools."""
    return {POOLS[name].label: "true" for name in pools}


def of_labels(held: Mapping[str, str]) -> tuple[str, ...]:
    """The pools that a node with these labels carries."""
    return tuple(name for name, pool in POOLS.items() if held.get(pool.label) == "true")


def drivers(name: str) -> dict[str, str]:
    """The selector of a job's driver: never a spot node, which takes the whole job along when it goes."""
    return {POOLS[name].label: "true", MARKET_LABEL: f"!{_SPOT}"}


def takes_drivers(held: Mapping[str, str]) -> bool:
    """Whether the driver of a job may run on a node with these labels."""
    return held.get(MARKET_LABEL) != _SPOT


def carried(nodes: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """The pools that have a node alive, of the nodes that `ray.nodes()` lists."""
    held = {name for node in nodes if node["Alive"] for name in of_labels(node["Labels"])}
    return tuple(name for name in POOLS if name in held)


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
