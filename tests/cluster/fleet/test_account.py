"""What an account lacks is told before anything is bought: AWS as moto plays it, which knows no quotas of EC2."""

import re

import boto3
import pytest
import yaml
from botocore.stub import Stubber
from moto import mock_aws

from cluster.errors import BadInput, PlatformError
from cluster.fleet.machines.account import Account, family
from cluster.fleet.render.rendering import render
from cluster.fleet.rules.account import account_rules
from cluster.fleet.rules.document import parsed
from cluster.fleet.rules.rule import findings
from cluster.fleet.source import reading
from tests.cluster.fleet.test_render import GROUND, ground_in

MANY = 10_000.0


@pytest.fixture
def quotas(monkeypatch):
    """vCPUs by family and whether they are spot; of others many."""
    held = {}
    monkeypatch.setattr(
        Account, "quota", lambda _self, machines, *, spot: held.get((machines, spot), MANY)
    )
    return held


@pytest.fixture
def ground(monkeypatch, tmp_path, quotas):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "none")
    monkeypatch.setenv("HOME", str(tmp_path))
    mocked = mock_aws()
    mocked.start(reset=False)
    session = boto3.Session(region_name=GROUND.region)
    forget(session)  # what another test of this process left there
    yield ground_in(session)
    forget(session)
    mocked.stop(remove_data=False)


def forget(session):
    ec2, iam = session.client("ec2"), session.client("iam")
    ec2.delete_key_pair(KeyName=GROUND.ssh.key_name)
    for profile in iam.list_instance_profiles()["InstanceProfiles"]:
        iam.delete_instance_profile(InstanceProfileName=profile["InstanceProfileName"])


def found(ground, tmp_path, change=lambda _: None):
    document = yaml.safe_load(render(reading.cluster_source("production"), ground, target="aws"))
    change(document["available_node_types"])
    file = parsed(yaml.safe_dump(document), tmp_path / "cluster.yaml")
    return findings(account_rules(Account(GROUND.region)), file)


def test_a_file_of_what_the_account_has_is_sound(ground, tmp_path):
    assert found(ground, tmp_path) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("ImageId", "ami-0123456789abcdef0"),
        ("SubnetIds", ["subnet-0123456789abcdef0"]),
        ("SecurityGroupIds", ["sg-0123456789abcdef0"]),
        ("KeyName", "another"),
        ("IamInstanceProfile", {"Arn": "arn:aws:iam::123456789012:instance-profile/another"}),
    ],
)
def test_what_is_not_there_is_named_at_its_place(field, value, ground, tmp_path):
    def change(types):
        types["head"]["node_config"][field] = value

    (finding,) = found(ground, tmp_path, change)
    assert (finding.rule, finding.place) == (
        "not-there",
        f"available_node_types.head.node_config.{field}",
    )
    assert "is not in this account and region" in finding.what


def test_a_machine_that_is_not_sold_in_its_zone_is_named(ground, tmp_path):
    def change(types):
        types["head"]["node_config"]["InstanceType"] = "m9z.large"

    (finding,) = [each for each in found(ground, tmp_path, change) if each.rule == "not-offered"]
    assert finding.what == "head: m9z.large is not sold in eu-central-1a"


def test_a_quota_below_what_the_file_may_buy_is_named_and_one_below_what_always_runs(
    ground, quotas, tmp_path
):
    quotas["standard", True] = 100.0  # the pool batch
    (finding,) = found(ground, tmp_path)
    assert finding.rule == "quota-short"
    assert finding.what == "standard spot: 960 vCPUs at most, the quota is 100"
    quotas.clear()
    quotas["standard", False] = 16.0  # a head of 8 and twice 8 that always run
    (finding,) = found(ground, tmp_path)
    assert finding.what.endswith("the quota is 16, below the 24 that always run")


def test_without_credentials_nothing_is_asked(monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(BadInput, match="no credentials of AWS: run `aws configure`, or set"):
        Account(GROUND.region)


@pytest.mark.parametrize(
    ("code", "kind", "said"),
    [
        ("UnauthorizedOperation", PlatformError, "the credentials must allow ec2:DescribeImages"),
        ("AuthFailure", BadInput, "AWS does not take the credentials (AuthFailure): run `aws"),
    ],
)
def test_what_may_not_be_asked_is_an_error_and_not_sound(code, kind, said, ground):
    account = Account(GROUND.region)
    with Stubber(account._ec2) as stubbed:
        stubbed.add_client_error("describe_images", service_error_code=code)
        with pytest.raises(kind, match=re.escape(said)):
            account.images({"ami-0123456789abcdef0"})


def test_a_quota_that_was_never_changed_is_awss_default(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "none")
    account = Account(GROUND.region)
    with Stubber(account._quotas) as stubbed:
        stubbed.add_client_error("get_service_quota", service_error_code="NoSuchResourceException")
        stubbed.add_response("get_aws_default_service_quota", {"Quota": {"Value": 5.0}})
        assert account.quota("standard", spot=False) == 5.0


def test_a_profile_is_found_by_its_name_too(ground, tmp_path):
    def change(types):
        types["head"]["node_config"]["IamInstanceProfile"] = {"Name": "trii-head"}

    assert found(ground, tmp_path, change) == []


@pytest.mark.parametrize(
    ("machine", "quota"),
    [("m6i.2xlarge", "standard"), ("g5.xlarge", "G"), ("p4d.24xlarge", "P"), ("vt1.3xlarge", "G")],
)
def test_machines_count_to_the_quota_of_their_family(machine, quota):
    assert family(machine) == quota
