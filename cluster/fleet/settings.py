"""The groups `TRII_RAY_…` and `TRII_POOLS…`: where the cluster answers, and which nodes it has."""

from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    SecretStr,
    StringConstraints,
)

ClusterName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,62}$")]
PoolName = Literal["serve", "batch", "gpu", "gpu-spot"]


class MachineRate(BaseModel):
    """A machine that a pool may have: its dollars an hour, and what it offers for them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    usd_per_hour: PositiveFloat
    cpus: NonNegativeFloat
    gpus: NonNegativeFloat = 0.0
    memory_bytes: NonNegativeInt = 0


class AroundOpen(BaseModel):
    """A span around the open of an exchange's sessions."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    calendar: str
    minutes_before: NonNegativeInt
    minutes_after: NonNegativeInt


class OpeningReplicas(AroundOpen):
    """How many replicas of each deployment run from before until after a market's open."""

    replicas: dict[str, PositiveInt]


class LatencyGoal(BaseModel):
    """Which 95th percentile a deployment keeps by replicas, up to how many."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    p95_ms: PositiveFloat
    max_replicas: PositiveInt


class FleetSettings(BaseModel):
    """The Ray cluster: its head, and its pools as whoever starts the nodes declares them."""

    cluster_id: ClusterName = Field(
        default="laptop",
        description="name of the cluster, whose rows of `desired` count; one a database",
    )
    ray_host: str = Field(default="127.0.0.1", description="where the cluster's head answers")
    ray_port: PositiveInt = Field(default=6379, description="where the cluster's head answers")
    dashboard_port: PositiveInt = Field(
        default=8265, description="where Ray's dashboard and job API answer"
    )
    ray_auth_token: SecretStr = Field(
        default=SecretStr(""), description="guards every port of Ray, and its dashboard"
    )

    pools: tuple[PoolName, ...] = Field(
        default=("serve", "batch"), description="pools that jobs may ask for"
    )
    pools_that_grow: tuple[PoolName, ...] = Field(
        default=(), description="those of them that get a node where a job asks for it"
    )
    pool_rates: dict[PoolName, tuple[MachineRate, ...]] = Field(
        default={},
        description="what the machines of each pool cost and offer, as `trii cluster render` writes it",
    )
    budget_usd_per_day: PositiveFloat | None = Field(
        default=None,
        description="dollars that jobs may cost a day (UTC), reckoned with the rates; no limit by default",
    )
    prometheus_url: str | None = Field(
        default=None, description="Prometheus that scrapes the cluster's nodes, where there is one"
    )
    latency_goals: dict[str, LatencyGoal] = Field(
        default={},
        description="deployments whose replicas follow the 95th percentile of their answers",
    )
    opening_replicas: OpeningReplicas | None = Field(
        default=None, description="least replicas of deployments around a market's open"
    )
    tasks_at_once: PositiveInt | None = Field(
        default=None,
        description="tasks of one job that run at a time; as many as Ray has room for by default",
    )
