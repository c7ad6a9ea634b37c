"""`cluster.yaml`: what Ray's launcher and AWS (as moto plays it) make of it."""

import copy
import json
import re
import subprocess
from pathlib import Path

import boto3
import pytest
import yaml
from moto import mock_aws
from ray.autoscaler._private.command_runner import _with_environment_variables

from cluster.errors import BadInput
from cluster.fleet.changes.change import changes
from cluster.fleet.render.rendering import TARGETS, render
from cluster.fleet.rules.document import parsed, read
from cluster.fleet.rules.validation import RULES, validate
from cluster.fleet.source import reading

ROOT = Path(__file__).parents[3]
GROUND = reading.ground(None)
ENVIRONMENTS = ("dev", "staging", "production")


def document(environment="production", *, ground=GROUND, **changes):
    source = reading.cluster_source(environment).model_copy(update=changes)
    return yaml.safe_load(render(source, ground, target="aws"))


def test_the_file_at_the_root_is_productions_as_it_is_rendered():
    source = reading.cluster_source("production")
    assert (ROOT / "cluster.yaml").read_text() == render(source, GROUND, target="aws")


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("target", TARGETS)
def test_a_file_is_the_same_each_time_and_repeats_nothing_by_reference(environment, target):
    source = reading.cluster_source(environment)
    text = render(source, GROUND, target=target)

    assert text == render(source, GROUND, target=target)
    assert not re.search(r": [&*]\w+$", text, re.MULTILINE)


def test_no_secret_is_in_a_file_only_where_each_is_kept():
    text = (ROOT / "cluster.yaml").read_text()
    assert "TRII_SECRET_RAY_AUTH_TOKEN=arn:aws:secretsmanager:" in text
    assert "password=" not in text.lower().replace("_password=arn:aws:secretsmanager", "")


def test_the_minimum_of_serve_stands_in_two_zones():
    running = [
        kind["node_config"]["SubnetIds"]
        for name, kind in document()["available_node_types"].items()
        if name.startswith("serve") and kind["min_workers"]
    ]
    assert sorted(running) == [[subnet] for subnet in sorted(GROUND.subnets.values())]


def test_the_head_keeps_its_address_and_stands_beside_its_volume():
    standing = document()["available_node_types"]["head"]["node_config"]
    assert standing["PrivateIpAddress"] == str(GROUND.head.private_ip)
    assert standing["SubnetIds"] == [GROUND.subnets[GROUND.head.zone]]


def test_each_pool_has_a_profile_of_its_own_and_the_head_another():
    told = document()["available_node_types"]
    profiles = {
        name: kind["node_config"]["IamInstanceProfile"]["Arn"] for name, kind in told.items()
    }
    by_pool = {name.split("-")[0] for name in profiles}
    assert len({arn for name, arn in profiles.items() if name == "head"}) == 1
    assert {profiles["head"]}.isdisjoint(arn for name, arn in profiles.items() if name != "head")
    assert len(set(profiles.values())) > len(by_pool) - 1


@pytest.mark.parametrize("role", ["head", "worker"])
def test_a_start_command_is_whole_in_the_parentheses_that_ray_puts_around_it(role):
    for command in document()[f"{role}_start_ray_commands"]:
        handed = _with_environment_variables(command, {"RAY_OVERRIDE_RESOURCES": {"CPU": 1}})
        read = subprocess.run(["bash", "-n", "-c", handed], capture_output=True, check=False)
        assert (read.returncode, read.stderr) == (0, b"")


def test_tls_is_an_option_of_the_source():
    plain = "\n".join(document()["worker_start_ray_commands"])
    encrypted = "\n".join(document(tls=True)["worker_start_ray_commands"])
    assert "RAY_USE_TLS" not in plain
    assert "RAY_USE_TLS=1" in encrypted
    assert "RAY_TLS_CA_CERT=/run/trii/secrets/ray_ca.crt" in encrypted


REDIS = {"address": "rediss://gcs.example.com:6379", "life": "2026-12"}


def on_redis(**changes):
    told = json.loads(GROUND.model_dump_json())
    told["head"] |= {"volume": None, "redis": REDIS | changes}
    told["secrets"]["gcs_redis_password"] = told["secrets"]["redis_password"]
    return type(GROUND).model_validate(told)


def test_a_redis_keeps_the_heads_state_where_the_ground_has_one(tmp_path):
    path = tmp_path / "cluster.yaml"
    path.write_text(render(reading.cluster_source("production"), on_redis(), target="aws"))
    start = "\n".join(yaml.safe_load(path.read_text())["head_start_ray_commands"])

    assert "RAY_REDIS_ADDRESS=rediss://gcs.example.com:6379" in start
    assert "RAY_external_storage_namespace=trii-2026-12\n" in start
    assert "RAY_gcs_storage" not in start
    assert "TRII_GCS_VOLUME" not in start
    assert validate(read(path), RULES) == []


def test_kuberay_is_told_the_same_redis_and_names_each_life_of_it_itself():
    source = reading.cluster_source("production")
    told = yaml.safe_load(render(source, on_redis(), target="kuberay"))["spec"]

    assert told["gcsFaultToleranceOptions"]["redisAddress"] == REDIS["address"]
    assert "externalStorageNamespace" not in told["gcsFaultToleranceOptions"]
    assert "volumes" not in told["headGroupSpec"]["template"]["spec"]


@pytest.mark.parametrize("kept", [{}, {"volume": "vol-0a1b2c3d", "redis": REDIS}])
def test_the_heads_state_is_kept_in_one_place(kept, tmp_path):
    told = json.loads(GROUND.model_dump_json())
    told["head"] = {"private_ip": "10.0.0.1", "zone": "eu-central-1a"} | kept
    path = tmp_path / "ground.json"
    path.write_text(json.dumps(told))
    with pytest.raises(BadInput, match="by a volume or by a redis: give one"):
        reading.ground(path)


def test_the_password_of_the_heads_redis_is_asked_for(tmp_path):
    told = json.loads(on_redis().model_dump_json())
    del told["secrets"]["gcs_redis_password"]
    path = tmp_path / "ground.json"
    path.write_text(json.dumps(told))
    with pytest.raises(BadInput, match="gcs_redis_password is missing"):
        reading.ground(path)


@pytest.fixture
def aws(monkeypatch, tmp_path):
    """Terraform's ground in moto's memory."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "none")
    monkeypatch.setenv("HOME", str(tmp_path))
    # Its memory is the process's: a server of moto for other tests may have its buckets there.
    mocked = mock_aws()
    mocked.start(reset=False)
    yield ground_in(boto3.Session(region_name=GROUND.region))
    mocked.stop(remove_data=False)


def ground_in(session):
    ec2, iam = session.client("ec2"), session.client("iam")
    vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
    told = json.loads(GROUND.model_dump_json())
    for i, zone in enumerate(told["subnets"]):
        subnet = ec2.create_subnet(
            VpcId=vpc, CidrBlock=f"10.20.{i + 1}.0/24", AvailabilityZone=zone
        )
        told["subnets"][zone] = subnet["Subnet"]["SubnetId"]
    for name in told["security_groups"]:
        group = ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)
        told["security_groups"][name] = group["GroupId"]
    for name in told["instance_profiles"]:
        made = iam.create_instance_profile(InstanceProfileName=f"trii-{name}")
        told["instance_profiles"][name] = made["InstanceProfile"]["Arn"]
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    told["images"] = {"cpu": image, "gpu": image}
    ec2.create_key_pair(KeyName=told["ssh"]["key_name"])
    key = Path("~/trii.pem").expanduser()
    key.write_text("not a key")
    told["ssh"]["private_key"] = str(key)
    return type(GROUND).model_validate(told)


@pytest.mark.slow
def test_rays_bootstrap_makes_nothing_on_aws_and_every_node_type_can_be_bought(aws):
    from ray.autoscaler._private.aws.config import bootstrap_aws
    from ray.autoscaler._private.aws.node_provider import AWSNodeProvider
    from ray.autoscaler._private.util import prepare_config, validate_config
    from ray.autoscaler.tags import TAG_RAY_NODE_KIND, TAG_RAY_USER_NODE_TYPE

    session = boto3.Session(region_name=GROUND.region)
    before = made_on(session)
    config = prepare_config(copy.deepcopy(document(ground=aws)))
    validate_config(config)

    config = bootstrap_aws(config)
    assert made_on(session) == before
    # The head is handed what bootstrap made of the file: to a plan nothing of it is a change.
    handed = parsed(yaml.safe_dump(config), Path("handed"))
    prepared = parsed(yaml.safe_dump(prepare_config(document(ground=aws))), Path("cluster.yaml"))
    assert [change.kind for change in changes(handed, prepared, {})] == ["start"]

    provider = AWSNodeProvider(config["provider"], config["cluster_name"])
    for name, kind in config["available_node_types"].items():
        tags = {TAG_RAY_NODE_KIND: "worker", TAG_RAY_USER_NODE_TYPE: name}
        (bought,) = provider.create_node(copy.deepcopy(kind["node_config"]), tags, 1).values()
        spot = "InstanceMarketOptions" in kind["node_config"]
        assert bought.instance_type == kind["node_config"]["InstanceType"]
        assert (bought.instance_lifecycle == "spot") == spot
        assert {"Key": "trii:cluster", "Value": "trii"} in bought.tags
        if name == "head":
            assert bought.private_ip_address == str(GROUND.head.private_ip)


def made_on(session):
    """What Ray's bootstrap would make where it is not given."""
    ec2, iam = session.client("ec2"), session.client("iam")
    return (
        sorted(group["GroupId"] for group in ec2.describe_security_groups()["SecurityGroups"]),
        sorted(key["KeyName"] for key in ec2.describe_key_pairs()["KeyPairs"]),
        sorted(role["RoleName"] for role in iam.list_roles()["Roles"]),
        sorted(
            profile["InstanceProfileName"]
            for profile in iam.list_instance_profiles()["InstanceProfiles"]
        ),
        [group["IpPermissions"] for group in ec2.describe_security_groups()["SecurityGroups"]],
    )


def test_kuberay_pods_come_back_as_new_nodes_and_keep_their_pools_labels():
    source = reading.cluster_source("production")
    told = yaml.safe_load(render(source, GROUND, target="kuberay"))["spec"]
    launcher = document()["available_node_types"]

    assert told["headGroupSpec"]["rayStartParams"]["num-cpus"] == "0"
    for group in told["workerGroupSpecs"]:
        (kind,) = [
            kind for name, kind in launcher.items() if name.replace(".", "-") == group["groupName"]
        ]
        assert group["template"]["spec"]["restartPolicy"] == "Never"
        assert group["labels"] == kind["labels"]
        assert (group["minReplicas"], group["maxReplicas"]) == (
            kind["min_workers"],
            kind["max_workers"],
        )


BROKEN = [
    ("{", "not JSON; give what `terraform output -json` prints"),
    ("[]", "not an object"),
    ('{"region": "eu-central-1"}', "subnets: Field required"),
    (None, "can't be read"),
]


@pytest.mark.parametrize(("text", "said"), BROKEN)
def test_a_ground_that_is_not_whole_is_refused_by_its_place(text, said, tmp_path):
    path = tmp_path / "ground.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(BadInput, match=re.escape(said)):
        reading.ground(path)


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        ("region", "us-east-1", "zone eu-central-1a is not in the region us-east-1"),
        (
            "head",
            {"private_ip": "10.0.0.1", "zone": "eu-central-1c", "volume": "vol-0a1b2c3d"},
            "eu-central-1c has no subnet",
        ),
        ("images", {"cpu": "ami-0a1b2c3d", "gpu": "latest"}, "images.gpu"),
        ("instance_profiles", {}, "instance_profiles: batch, gpu, gpu-spot, head, serve missing"),
        ("secrets", {"ray_auth_token": "hunter2"}, "secrets.ray_auth_token"),
        ("passwords", "x", "passwords: Extra inputs are not permitted"),
    ],
)
def test_a_ground_that_cannot_carry_a_cluster_is_refused(place, value, said, tmp_path):
    path = tmp_path / "ground.json"
    path.write_text(json.dumps(json.loads(GROUND.model_dump_json()) | {place: value}))
    with pytest.raises(BadInput, match=re.escape(said)) as caught:
        reading.ground(path)
    assert "hunter2" not in str(caught.value)
