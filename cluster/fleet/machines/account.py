"""What an account of AWS has and may have: asked before anything is bought, changing nothing."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, TypeVar

from cluster.errors import BadInput, PlatformError, TriiError
from cluster.fleet.machines.aws import session

T = TypeVar("T")
RIGHTS: Final = (
    "ec2:DescribeImages, DescribeSubnets, DescribeSecurityGroups, DescribeKeyPairs and "
    "DescribeInstanceTypeOfferings, iam:GetInstanceProfile and servicequotas:GetServiceQuota"
)
_NOT_TAKEN: Final = frozenset(
    {
        "AuthFailure",
        "InvalidClientTokenId",
        "SignatureDoesNotMatch",
        "ExpiredToken",
        "RequestExpired",
    }
)
_QUOTAS: Final[Mapping[tuple[str, bool], str]] = {
    ("standard", False): "L-1216C47A",
    ("standard", True): "L-34B43A08",
    ("G", False): "L-DB2E81BA",
    ("G", True): "L-3819A6DF",
    ("P", False): "L-417A185B",
    ("P", True): "L-7212CCBC",
}


def family(machine: str) -> str:
    """Which of AWS's quotas of vCPUs a machine counts to."""
    return {"g": "G", "v": "G", "p": "P"}.get(machine[0], "standard")


class Account:
    """One account's region.

    Every method raises BadInput for credentials that AWS does not take, and PlatformError where it
    refuses or does not answer.
    """

    def __init__(self, region: str) -> None:
        """Raises BadInput without boto3 or credentials."""
        found = session(RIGHTS)
        self._ec2 = found.client("ec2", region_name=region)
        self._iam = found.client("iam", region_name=region)
        self._quotas = found.client("service-quotas", region_name=region)

    def images(self, ids: Collection[str]) -> set[str]:
        """Those of the images that there are."""
        told = self._asked(lambda: self._ec2.describe_images(Filters=_named("image-id", ids)))
        return {image["ImageId"] for image in told["Images"]}

    def groups(self, ids: Collection[str]) -> set[str]:
        """Those of the security groups that there are."""
        filters = _named("group-id", ids)
        told = self._asked(lambda: self._ec2.describe_security_groups(Filters=filters))
        return {group["GroupId"] for group in told["SecurityGroups"]}

    def keys(self, names: Collection[str]) -> set[str]:
        """Those of the key pairs that there are."""
        told = self._asked(lambda: self._ec2.describe_key_pairs(Filters=_named("key-name", names)))
        return {key["KeyName"] for key in told["KeyPairs"]}

    def zones(self, subnets: Collection[str]) -> dict[str, str]:
        """The zone of each of the subnets that there are."""
        filters = _named("subnet-id", subnets)
        told = self._asked(lambda: self._ec2.describe_subnets(Filters=filters))
        return {subnet["SubnetId"]: subnet["AvailabilityZone"] for subnet in told["Subnets"]}

    def has_profile(self, named: str) -> bool:
        """Whether there is an instance profile of this ARN or name."""
        name = named.rpartition("/")[2]
        try:
            found = self._iam.get_instance_profile(InstanceProfileName=name)
        except self._iam.exceptions.NoSuchEntityException:
            return False
        except self._refusals() as exc:
            raise _refused(exc) from exc
        return named in {name, found["InstanceProfile"]["Arn"]}

    def offered(self, machines: Collection[str]) -> dict[str, set[str]]:
        """The zones in which each machine may be bought."""
        pages = self._ec2.get_paginator("describe_instance_type_offerings").paginate(
            LocationType="availability-zone", Filters=_named("instance-type", machines)
        )
        found = defaultdict[str, set[str]](set)
        for page in self._asked(lambda: list(pages)):
            for offer in page["InstanceTypeOfferings"]:
                found[offer["InstanceType"]].add(offer["Location"])
        return dict(found)

    def quota(self, machines: str, *, spot: bool) -> float:
        """How many vCPUs of that family may run at a time."""
        code = _QUOTAS[machines, spot]
        told = self._asked(lambda: self._quota(code))
        return float(told["Quota"]["Value"])

    def _quota(self, code: str) -> Any:
        """What was applied to the account; AWS's own default where nothing was."""
        asked = {"ServiceCode": "ec2", "QuotaCode": code}
        try:
            return self._quotas.get_service_quota(**asked)
        except self._quotas.exceptions.NoSuchResourceException:
            return self._quotas.get_aws_default_service_quota(**asked)

    def _asked(self, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except self._refusals() as exc:
            raise _refused(exc) from exc

    @staticmethod
    def _refusals() -> tuple[type[Exception], ...]:
        # Beside boto3, which is there by now.
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

        return BotoCoreError, ClientError


def _named(name: str, values: Collection[str]) -> list[dict[str, Any]]:
    return [{"Name": name, "Values": sorted(values)}]


def _refused(exc: Exception) -> TriiError:
    told = getattr(exc, "response", {}).get("Error", {}).get("Code")
    if told in _NOT_TAKEN:
        return BadInput(
            f"AWS does not take the credentials ({told}): run `aws configure`, or name others by "
            "AWS_PROFILE"
        )
    return PlatformError(f"AWS: {exc}; the credentials must allow {RIGHTS}")
