"""The typed source of a cluster: how large each pool may get, and of which machines it is made."""

from typing import Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    model_validator,
)

from cluster.fleet.pools import POOLS
from cluster.fleet.settings import ClusterName, PoolName
from cluster.runtime_env import GCS_AWAY_S

Environment = Literal["dev", "staging", "production"]


class _Source(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class HeadSource(_Source):
    """The head: it runs Ray's control processes and no work."""

    machine: str = Field(description="instance type")
    disk_gib: PositiveInt = Field(default=100, description="root disk: logs and sessions")


class PoolSource(_Source):
    """A pool of nodes that grows and shrinks between two bounds."""

    machines: tuple[str, ...] = Field(min_length=1, description="instance types, wanted first")
    min_nodes: NonNegativeInt = Field(default=0, description="nodes that always run")
    max_nodes: PositiveInt = Field(description="nodes that it may have together")
    on_demand_nodes: NonNegativeInt = Field(
        default=0, description="more nodes that a spot pool may buy on demand where spot is refused"
    )
    zones: PositiveInt = Field(default=1, description="zones over which its nodes are spread")
    idle_s: PositiveInt = Field(default=300, description="seconds without work until a node goes")
    disk_gib: PositiveInt = Field(default=200, description="root disk: spill, logs and packages")

    @model_validator(mode="after")
    def _bounds(self) -> "PoolSource":
        if self.min_nodes > self.max_nodes:
            raise ValueError(f"min_nodes={self.min_nodes} is above max_nodes={self.max_nodes}")
        if self.max_nodes < len(self.machines) * self.zones:
            raise ValueError(
                f"max_nodes={self.max_nodes} is below one node for each of "
                f"{len(self.machines)} machines in {self.zones} zones"
            )
        return self


class OpeningSource(_Source):
    """Nodes that run before a market opens: those that came with the load would come too late."""

    calendar: str = Field(description="the exchange, such as XNYS")
    minutes_before: NonNegativeInt = Field(default=15, description="minutes before its open")
    minutes_after: NonNegativeInt = Field(default=60, description="minutes after it")
    nodes: dict[PoolName, PositiveInt] = Field(description="least nodes of a pool in between")
    replicas: dict[str, PositiveInt] = Field(
        default={}, description="least replicas of a deployment in between"
    )


class ClusterSource(_Source):
    """One environment's cluster."""

    name: ClusterName
    environment: Environment
    head: HeadSource
    pools: dict[PoolName, PoolSource]
    upscaling_speed: PositiveFloat = Field(
        default=10.0, description="nodes that may start at once, as a multiple of those that run"
    )
    reconnect_s: PositiveInt = Field(
        default=GCS_AWAY_S, description="seconds that nodes wait for a head that went away"
    )
    tls: bool = Field(default=False, description="TLS between the nodes of Ray")
    opening: OpeningSource | None = None
    budget_usd_per_day: PositiveFloat | None = Field(
        default=None, description="dollars a day above which no job is admitted"
    )

    @model_validator(mode="after")
    def _complete(self) -> "ClusterSource":
        if "serve" not in self.pools:
            raise ValueError("pools: serve is missing, and nothing would be served")
        for name, pool in self.pools.items():
            if pool.on_demand_nodes and not POOLS[name].spot:
                raise ValueError(f"pools.{name}.on_demand_nodes: the pool is on demand already")
        for name, nodes in (self.opening.nodes if self.opening else {}).items():
            most = self.pools[name].max_nodes if name in self.pools else 0
            if nodes > most:
                raise ValueError(f"opening.nodes.{name}={nodes}: the pool has {most} at most")
        return self
