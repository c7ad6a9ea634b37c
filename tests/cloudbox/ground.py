"""What Terraform would have made before there is a cluster, made in moto's AWS."""

import json
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any, Final

from tests.cloudbox.image import USER

REGION: Final = "eu-central-1"
ZONES: Final = ("eu-central-1a", "eu-central-1b")
_TRUST: Final = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "ec2.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)


def lay(
    session: Any, network: IPv4Network, *, key: Path, secrets: dict[str, str]
) -> dict[str, Any]:
    """Network, groups, profiles, images, key and secrets; what `trii cluster render --ground` takes.

    `key`: the private key's file, with its public one beside it. The subnets are the halves of the
    network, one a zone, and the head stands in the first.
    """
    ec2 = session.client("ec2")
    vpc = ec2.create_vpc(CidrBlock=str(network))["Vpc"]["VpcId"]
    halves = list(network.subnets())
    subnets = {
        zone: ec2.create_subnet(VpcId=vpc, CidrBlock=str(half), AvailabilityZone=zone)["Subnet"][
            "SubnetId"
        ]
        for zone, half in zip(ZONES, halves, strict=True)
    }
    groups = {
        name: ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
        for name in ("head", "node")
    }
    public = key.with_suffix(".pub").read_bytes()
    ec2.import_key_pair(KeyName="trii", PublicKeyMaterial=public)
    images = ec2.describe_images(Owners=["amazon"])["Images"]
    volume = ec2.create_volume(AvailabilityZone=ZONES[0], Size=1, Encrypted=True)["VolumeId"]
    vault = session.client("secretsmanager")
    return {
        "region": REGION,
        "subnets": subnets,
        "head": {"private_ip": str(halves[0][10]), "zone": ZONES[0], "volume": volume},
        "ssh": {"user": USER, "key_name": "trii", "private_key": str(key)},
        "security_groups": groups,
        "instance_profiles": {
            name: _profile(session, name) for name in ("head", "serve", "batch", "gpu", "gpu-spot")
        },
        "images": {"cpu": images[0]["ImageId"], "gpu": images[1]["ImageId"]},
        "secrets": {
            name: vault.create_secret(Name=f"trii/{name}", SecretString=value)["ARN"]
            for name, value in secrets.items()
        },
    }


def _profile(session: Any, name: str) -> str:
    iam = session.client("iam")
    own = f"trii-{name}"
    iam.create_role(RoleName=own, AssumeRolePolicyDocument=_TRUST)
    profile = iam.create_instance_profile(InstanceProfileName=own)["InstanceProfile"]
    iam.add_role_to_instance_profile(InstanceProfileName=own, RoleName=own)
    return profile["Arn"]
