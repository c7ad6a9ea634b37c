"""Who could reach the nodes, and what a node could reach."""

import re
from collections.abc import Iterator
from typing import Any, Final

from cluster.fleet.pools import POOLS
from cluster.fleet.rules.document import ClusterFile
from cluster.fleet.rules.rule import Offence, Rule
from cluster.fleet.source import secrets

_ANYBODY: Final = ("0.0.0.0/0", "::/0")
_INSTALLS: Final = re.compile(r"\b(pip3?|uv pip|conda|apt(-get)?|yum|dnf)\s+(-\S+\s+)*install\b")
_LATEST: Final = re.compile(r":latest$|^[^:@]+$")
_SECRET: Final = "TRII_SECRET_"
_START: Final = ("head_start_ray_commands", "worker_start_ray_commands")


def _open_ports(file: ClusterFile) -> Iterator[Offence]:
    group = (file.told.get("provider") or {}).get("security_group") or {}
    if any(network in str(group) for network in _ANYBODY):
        yield Offence(("provider", "security_group"), "a port is open to everybody")
    for place, name, entry in file.types():
        config = _config(entry)
        groups = config.get("SecurityGroupIds") or [
            group
            for interface in config.get("NetworkInterfaces") or []
            for group in interface.get("Groups") or []
        ]
        if not groups:
            yield Offence((*place, "node_config"), f"{name}: no SecurityGroupIds")


def _public_address(file: ClusterFile) -> Iterator[Offence]:
    if not (file.told.get("provider") or {}).get("use_internal_ips"):
        yield Offence(("provider",), "use_internal_ips is not set")


def _no_profile(file: ClusterFile) -> Iterator[Offence]:
    for place, name, entry in file.types():
        if not _config(entry).get("IamInstanceProfile"):
            yield Offence((*place, "node_config"), f"{name}: no IamInstanceProfile")


def _default_role(file: ClusterFile) -> Iterator[Offence]:
    for place, name, entry in file.types():
        if "ray-autoscaler-v1" in str(_config(entry).get("IamInstanceProfile")):
            yield Offence((*place, "node_config", "IamInstanceProfile"), f"{name}: Ray's own role")


def _shared_profile(file: ClusterFile) -> Iterator[Offence]:
    heads = {
        str(_config(entry).get("IamInstanceProfile"))
        for _, name, entry in file.types()
        if name == file.head_type and _config(entry).get("IamInstanceProfile")
    }
    for place, name, entry in file.workers():
        if str(_config(entry).get("IamInstanceProfile")) in heads:
            yield Offence((*place, "node_config", "IamInstanceProfile"), f"{name}: the head's")


def _shared_with_serve(file: ClusterFile) -> Iterator[Offence]:
    """Pools are known by their labels, profiles by what they are called."""
    serve = POOLS["serve"].label
    serving = {_profile(entry) for _, _, entry in file.workers() if serve in _labels(entry)}
    for place, name, entry in file.workers():
        if serve not in _labels(entry) and _profile(entry) in serving - {None}:
            yield Offence((*place, "node_config", "IamInstanceProfile"), f"{name}: that of serve")


def _profile(entry: Any) -> str | None:
    told = _config(entry).get("IamInstanceProfile")
    return str(told) if told else None


def _labels(entry: Any) -> dict[str, str]:
    return entry.get("labels") or {}


def _for_nobody(file: ClusterFile) -> Iterator[Offence]:
    """Secrets that nodes are told of and that nothing on any of them needs."""
    for section in _START:
        told = file.environment(section)
        named = {name for name in told if name.startswith(_SECRET)}
        wanted = {
            f"{_SECRET}{name}"
            for role in secrets.NEEDED
            for name in told.get(secrets.variable(role), "").split()
        }
        for name in sorted(named - wanted):
            yield Offence((section,), f"{name.removeprefix(_SECRET).lower()} is of no pool")


def _no_key(file: ClusterFile) -> Iterator[Offence]:
    for place, name, entry in file.types():
        if not _config(entry).get("KeyName"):
            yield Offence((*place, "node_config"), f"{name}: no KeyName")


def _no_subnet(file: ClusterFile) -> Iterator[Offence]:
    for place, name, entry in file.types():
        if not (_config(entry).get("SubnetIds") or _config(entry).get("NetworkInterfaces")):
            yield Offence((*place, "node_config"), f"{name}: no SubnetIds")


def _plain_disk(file: ClusterFile) -> Iterator[Offence]:
    for place, name, entry in file.types():
        disks = [disk.get("Ebs") or {} for disk in _config(entry).get("BlockDeviceMappings") or []]
        if not disks or not all(disk.get("Encrypted") is True for disk in disks):
            yield Offence((*place, "node_config"), f"{name}: a disk that is not encrypted")


def _open_metadata(file: ClusterFile) -> Iterator[Offence]:
    for place, name, entry in file.types():
        if (_config(entry).get("MetadataOptions") or {}).get("HttpTokens") != "required":
            yield Offence((*place, "node_config"), f"{name}: HttpTokens is not required")


def _no_token(file: ClusterFile) -> Iterator[Offence]:
    for section in _START:
        told = file.environment(section).get("RAY_AUTH_MODE")
        if told != "token":
            yield Offence((section,), f"RAY_AUTH_MODE is {told or 'unset'}")


def _open_redis(file: ClusterFile) -> Iterator[Offence]:
    told = file.environment("head_start_ray_commands")
    text = str(file.told.get("head_start_ray_commands"))
    if "RAY_REDIS_ADDRESS" in told and not (
        "TRII_SECRET_GCS_REDIS_PASSWORD" in told or "--redis-password" in text
    ):
        yield Offence(("head_start_ray_commands",), "RAY_REDIS_ADDRESS without a password")


def _installs(file: ClusterFile) -> Iterator[Offence]:
    for place, command in file.commands():
        if _INSTALLS.search(command):
            yield Offence(place, "installs packages")


def _moving_image(file: ClusterFile) -> Iterator[Offence]:
    docker = file.told.get("docker") or {}
    for key in ("image", "head_image", "worker_image"):
        if key in docker and _LATEST.search(str(docker[key])):
            yield Offence(("docker", key), f"image {docker[key]}")
    for place, name, entry in file.types():
        told = (entry.get("docker") or {}).get("worker_image")
        if told and _LATEST.search(str(told)):
            yield Offence((*place, "docker", "worker_image"), f"{name}: image {told}")


def _config(entry: Any) -> dict[str, Any]:
    return entry.get("node_config") or {}


RULES: Final = (
    Rule(
        "open-ports",
        "whoever reaches a port of Ray owns the cluster; Ray's own group opens 22 to the world",
        "name the security groups that Terraform made, without a rule for everybody",
        _open_ports,
    ),
    Rule(
        "public-address",
        "nodes get public addresses, and are reached by them",
        "set provider.use_internal_ips: true",
        _public_address,
    ),
    Rule(
        "no-profile",
        "Ray makes a role that may do anything with EC2 and S3",
        "name the instance profile that Terraform made for the pool",
        _no_profile,
    ),
    Rule(
        "default-role",
        "it may do anything with EC2 and S3",
        "name the instance profile that Terraform made for the pool",
        _default_role,
    ),
    Rule(
        "head-profile-shared",
        "any job could buy machines, and read the head's secrets",
        "give each pool a profile of its own",
        _shared_profile,
    ),
    Rule(
        "serve-profile-shared",
        "any job could read the secrets of serving",
        "give each pool a profile of its own",
        _shared_with_serve,
    ),
    Rule(
        "secret-of-no-pool",
        "a node is told where it lies and does not need it",
        "leave it out of the ground's secrets, or name who needs it in cluster/fleet/source/secrets.py",
        _for_nobody,
    ),
    Rule(
        "no-key",
        "Ray makes a key pair and leaves its private key in ~/.ssh",
        "name the key pair that Terraform made",
        _no_key,
    ),
    Rule(
        "no-subnet",
        "Ray takes any subnet of the default network, public ones too",
        "name private subnets",
        _no_subnet,
    ),
    Rule(
        "plain-disk",
        "bars, models and what spills would lie on it as they are",
        "set Encrypted: true on every disk",
        _plain_disk,
    ),
    Rule(
        "open-metadata",
        "any request that a node can be made to send reads its role's keys",
        "set MetadataOptions.HttpTokens: required",
        _open_metadata,
    ),
    Rule(
        "no-token",
        "every port of Ray answers whoever reaches it",
        "set RAY_AUTH_MODE=token and RAY_AUTH_TOKEN_PATH in both start commands",
        _no_token,
    ),
    Rule(
        "open-redis",
        "the whole state of the cluster can be read and changed by whoever reaches it",
        "name its secret as gcs_redis_password in the ground: Ray takes a password by its command line alone",
        _open_redis,
    ),
    Rule(
        "installs-at-start",
        "two nodes may differ, a start takes minutes, and fails when the registry does",
        "bake it into the image",
        _installs,
    ),
    Rule(
        "moving-image",
        "two nodes may run different code",
        "name the image by version or digest",
        _moving_image,
    ),
)
