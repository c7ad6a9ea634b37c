"""The ground: what Terraform made before there is a cluster, as its outputs tell.

The file is what `terraform output -json` prints, or the same names with their values alone.
"""

from ipaddress import IPv4Address
from typing import Annotated, Literal

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
SettingName = Annotated[str, StringConstraints(pattern=r"^TRII_[A-Z0-9_]+$")]
ProfileName = Literal["head"] | PoolName


class _Ground(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class HeadGround(_Ground):
    """Where the head stands. Address and volume outlive every instance that is the head."""

    private_ip: IPv4Address = Field(description="the head's address, kept for the cluster's life")
    zone: Zone = Field(description="the zone of the volume, and so of the head")
    volume: Volume = Field(description="the volume that keeps the state of the GCS")


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
        missing = {"head", *POOLS} - set(self.instance_profiles)
        if missing:
            raise ValueError(f"instance_profiles: {', '.join(sorted(missing))} missing")
        return self
