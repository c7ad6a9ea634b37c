"""The ground: what Terraform made before there is a cluster, as its outputs tell.

The file is what `terraform output -json` prints, or the same names with their values alone.
"""

from ipaddress import IPv4Address
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from cluster.fleet.pools import POOLS
from cluster.fleet.settings import PoolName

Zone = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-\d[a-z]$")]
Region = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
Subnet = Annotated[str, StringConstraints(pattern=r"^subnet-[0-9a-f]{8,17}$")]
SecurityGroup = Annotated[str, StringConstraints(pattern=r"^sg-[0-9a-f]{8,17}$")]
Image = Annotated[str, StringConstraints(pattern=r"^ami-[0-9a-f]{8,17}$")]
Volume = Annotated[str, StringConstraints(pattern=r"^vol-[0-9a-f]{8,17}$")]
InstanceProfile = Annotated[
    str, StringConstraints(pattern=r"^arn:aws[a-z-]*:iam::\d{12}:instance-profile/[\w+=,.@/-]+$")
]
SecretArn = Annotated[
    str, StringConstraints(pattern=r"^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:\S+$")
]
RedisAddress = Annotated[str, StringConstraints(pattern=r"^rediss?://[\w.-]+:\d{1,5}$")]
Life = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{2,62}$")]
SettingName = Annotated[str, StringConstraints(pattern=r"^TRII_[A-Z0-9_]+$")]
# The secret that opens the Redis of the GCS.
GCS_PASSWORD: Final = "gcs_redis_password"
ProfileName = Literal["head"] | PoolName


class _Ground(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class GcsRedis(_Ground):
    """A Redis that keeps the state of the GCS: one primary, not sharded, that writes to its disk."""

    address: RedisAddress = Field(description="redis:// or, encrypted, rediss:// host:port")
    life: Life = Field(
        description="this life of the cluster: the state of an earlier one stays out of it"
    )


class HeadGround(_Ground):
    """Where the head stands. Its address and its state outlive every instance that is the head."""

    private_ip: IPv4Address = Field(description="the head's address, kept for the cluster's life")
    zone: Zone = Field(description="the zone of the head, and of its volume")
    volume: Volume | None = Field(
        default=None, description="the volume that keeps the state of the GCS"
    )
    redis: GcsRedis | None = Field(default=None, description="the Redis that keeps it instead")

    @model_validator(mode="after")
    def _keeps_state(self) -> "HeadGround":
        if (self.volume is None) == (self.redis is None):
            raise ValueError("the state of the GCS is kept by a volume or by a redis: give one")
        return self


class Ssh(_Ground):
    """How `ray up` reaches the nodes, over the private network."""

    user: str = Field(default="ubuntu", pattern=r"^[a-z_][a-z0-9_-]*$")
    key_name: str = Field(min_length=1, description="the key pair's name in EC2")
    private_key: str = Field(min_length=1, description="its file where `ray up` runs")


class Groups(_Ground):
    """Security groups: nobody outside the network reaches a port of Ray."""

    head: SecurityGroup
    node: SecurityGroup


class Images(_Ground):
    """Baked machine images: Ray, our code and its compiled kernels."""

    cpu: Image
    gpu: Image


class Ground(_Ground):
    """Everything that `cluster.yaml` names and does not make."""

    region: Region
    subnets: dict[Zone, Subnet] = Field(min_length=1, description="a private subnet for each zone")
    head: HeadGround
    ssh: Ssh
    security_groups: Groups
    instance_profiles: dict[ProfileName, InstanceProfile]
    images: Images
    settings: dict[SettingName, str] = Field(
        default={}, description="where data lie and services live, for every node"
    )
    secrets: dict[str, SecretArn] = Field(
        default={}, description="secrets by the name of their setting, in Secrets Manager"
    )

    @model_validator(mode="after")
    def _stands_together(self) -> "Ground":
        for zone in self.subnets:
            if not zone.startswith(self.region):
                raise ValueError(f"subnets: zone {zone} is not in the region {self.region}")
        if self.head.zone not in self.subnets:
            raise ValueError(
                f"head.zone: {self.head.zone} has no subnet; the head stands in its volume's zone"
            )
        if self.head.redis and GCS_PASSWORD not in self.secrets:
            raise ValueError(f"secrets: {GCS_PASSWORD} is missing, the one of head.redis")
        missing = {"head", *POOLS} - set(self.instance_profiles)
        if missing:
            raise ValueError(f"instance_profiles: {', '.join(sorted(missing))} missing")
        return self
