"""Each rule about a cluster's file: what breaks it is found with its line, and its remedy ends it."""

import copy
import re
from pathlib import Path

import pytest
import yaml

from cluster.errors import BadInput
from cluster.fleet.planning.demand import Demand
from cluster.fleet.render.rendering import TARGETS, render
from cluster.fleet.render.text import as_yaml
from cluster.fleet.rules.connections import Opens
from cluster.fleet.rules.document import parsed
from cluster.fleet.rules.validation import RULES, rules, validate
from cluster.fleet.source import reading

PATH = Path("cluster.yaml")
TYPES = "available_node_types"
BATCH = "batch-c6i.4xlarge"
SERVE = "serve-m6i.2xlarge-eu-central-1a"
GPU = "gpu-g5.xlarge"
START = ("head_start_ray_commands", "worker_start_ray_commands")
SOUND = yaml.safe_load(
    render(reading.cluster_source("production"), reading.ground(None), target="aws")
)


def put(*places, value):
    """A change: the value at each of these places."""

    def change(told):
        for place in places:
            at = told
            for key in place[:-1]:
                at = at.setdefault(key, {}) if isinstance(at, dict) else at[key]
            at[place[-1]] = value

    return change


def drop(*places):
    def change(told):
        for place in places:
            at = told
            for key in place[:-1]:
                at = at[key]
            del at[place[-1]]

    return change


def rewrite(section, pattern, text):
    def change(told):
        told[section] = [re.sub(pattern, text, command) for command in told[section]]

    return change


def config(name, *place):
    return (TYPES, name, "node_config", *place)


def spot_types_alone(told):
    del told[TYPES]["batch-c6i.4xlarge-on-demand"]


BREAKS = [
    ("min-above-max", put((TYPES, SERVE, "min_workers"), value=11), "min_workers: 11"),
    ("types-above-max", put(("max_workers",), value=103), "max_workers: 103"),
    ("unknown-machine", put(config(BATCH, "InstanceType"), value="c6i.huge"), "c6i.huge"),
    ("unknown-machine", drop(config(BATCH, "InstanceType")), None),
    ("head-works", put((TYPES, "head", "resources"), value={}), "resources: {}"),
    ("head-works", put((TYPES, "head", "resources", "CPU"), value=4), None),
    ("idle-too-short", put((TYPES, BATCH, "idle_timeout_s"), value=10), "idle_timeout_s: 10"),
    ("idle-too-short", put(("idle_timeout_minutes",), value=1), "idle_timeout_minutes: 1"),
    ("gives-up-on-head", rewrite(START[1], r"(reconnect_timeout_s)=600", r"\1=60"), START[1]),
    (
        "data-buys-every-type",
        rewrite(START[1], r"(RAY_gcs_rpc_\S*)", r"\1 RAY_DATA_CLUSTER_AUTOSCALER=V2"),
        START[1],
    ),
    ("gives-up-on-head", rewrite(START[0], r"RAY_gcs_rpc_\S*", ""), START[0]),
    (
        "open-ports",
        put(("provider", "security_group"), value={"IpPermissions": [{"CidrIp": "0.0.0.0/0"}]}),
        "security_group:",
    ),
    ("open-ports", drop(config(SERVE, "SecurityGroupIds")), None),
    ("public-address", put(("provider", "use_internal_ips"), value=False), "provider:"),
    ("no-profile", drop(config(GPU, "IamInstanceProfile")), None),
    (
        "default-role",
        put(
            config(BATCH, "IamInstanceProfile"),
            value={"Arn": "arn:aws:iam::123456789012:instance-profile/ray-autoscaler-v1"},
        ),
        None,
    ),
    (
        "head-profile-shared",
        put(
            config(BATCH, "IamInstanceProfile", "Arn"),
            value="arn:aws:iam::123456789012:instance-profile/trii-head",
        ),
        None,
    ),
    (
        "serve-profile-shared",
        put(
            config(BATCH, "IamInstanceProfile", "Arn"),
            value="arn:aws:iam::123456789012:instance-profile/trii-serve",
        ),
        None,
    ),
    (
        "secret-of-no-pool",
        rewrite(START[1], "TRII_SECRET_REDIS_PASSWORD", "TRII_SECRET_OWN=arn:b\nTRII_SECRET_REDIS_PASSWORD"),
        None,
    ),
    ("no-key", drop(config(SERVE, "KeyName")), None),
    ("no-subnet", drop(config(SERVE, "SubnetIds")), None),
    ("plain-disk", put(config(SERVE, "BlockDeviceMappings", 0, "Ebs", "Encrypted"), value=False), None),
    ("plain-disk", drop(config(SERVE, "BlockDeviceMappings")), None),
    ("open-metadata", put(config(SERVE, "MetadataOptions", "HttpTokens"), value="optional"), None),
    ("no-token", rewrite(START[1], "RAY_AUTH_MODE=token", "RAY_AUTH_MODE=disabled"), START[1]),
    ("no-token", rewrite(START[0], "RAY_AUTH_MODE=token", ""), START[0]),
    (
        "open-redis",
        rewrite(
            START[0],
            "RAY_gcs_storage=rocksdb",
            "RAY_REDIS_ADDRESS=10.0.0.1:6379\nRAY_external_storage_namespace=a",
        ),
        START[0],
    ),
    ("installs-at-start", put(("setup_commands",), value=["pip install -U ray"]), "- pip install"),
    ("installs-at-start", put(("setup_commands",), value=["sudo apt-get -y install jq"]), None),
    ("moving-image", put(("docker",), value={"image": "trii-node:latest", "container_name": "a"}), "image: trii-node"),
    ("moving-image", put(("docker",), value={"image": "trii-node", "container_name": "a"}), "image: trii-node"),
    ("state-not-kept", rewrite(START[0], "RAY_gcs_storage=rocksdb", ""), START[0]),
    (
        "state-on-passing-disk",
        rewrite(START[0], r"(RAY_gcs_storage_path)=\S+", r"\1=/tmp/gcs"),
        START[0],
    ),
    (
        "state-shared",
        rewrite(
            START[0],
            "RAY_gcs_storage=rocksdb",
            "RAY_REDIS_ADDRESS=10.0.0.1:6379\nTRII_SECRET_GCS_REDIS_PASSWORD=arn:aws:secretsmanager:a",
        ),
        START[0],
    ),
    ("head-address-moves", drop(config("head", "PrivateIpAddress")), None),
    ("ray-stop", put(START[:1], value=["ray stop", *SOUND[START[0]]]), "- ray stop"),
    ("stopped-nodes-kept", drop(("provider", "cache_stopped_nodes")), "provider:"),
    ("defaults-run", drop(("setup_commands",)), None),
    ("data-on-one-node", rewrite(START[0], r"TRII_RESULTS_URL=\S+", ""), START[0]),
    ("data-on-one-node", rewrite(START[1], r"(TRII_MODELS_URL)=\S+", r"\1=file:///srv/m"), START[1]),
    ("data-on-one-node", rewrite(START[1], r"(TRII_LAKE_URL=)", r"TRII_JOBS_URL=file:///j\n\1"), None),
    ("services-on-one-node", rewrite(START[1], r"(TRII_REDIS_HOST)=\S+", r"\1=localhost"), START[1]),
    ("services-on-one-node", rewrite(START[1], r"TRII_RAY_HOST=\S+", ""), START[1]),
    ("services-on-one-node", rewrite(START[0], r"TRII_MLFLOW_HOST=\S+", ""), START[0]),
    ("gpu-image", put(config(GPU, "ImageId"), value=SOUND[TYPES]["head"]["node_config"]["ImageId"]),
     None),
    ("cpu-work-on-gpus", put((TYPES, GPU, "resources", "CPU"), value=4), None),
    ("spot-alone", spot_types_alone, None),
    ("serves-on-spot", put(config(SERVE, "InstanceMarketOptions"), value={"MarketType": "spot"}),
     None),
    ("no-pool", put((TYPES, BATCH, "labels"), value={}), "labels: {}"),
]  # fmt: skip


def found(told, demands=(), opened=()):
    return validate(parsed(as_yaml(told, heading="a test's"), PATH), rules(demands, opened))


def changed(change):
    told = copy.deepcopy(SOUND)
    change(told)
    return told


@pytest.mark.parametrize("environment", ["dev", "staging", "production"])
def test_what_we_render_breaks_no_rule(environment):
    source = reading.cluster_source(environment)
    text = render(source, reading.ground(None), target="aws")
    assert validate(parsed(text, PATH), rules((), ())) == []


@pytest.mark.parametrize(("rule", "change", "shown"), BREAKS)
def test_what_breaks_a_rule_is_found_at_its_line_with_reason_and_remedy(rule, change, shown):
    told = changed(change)
    hits = [finding for finding in found(told) if finding.rule == rule]

    assert hits, rule
    text = as_yaml(told, heading="a test's").splitlines()
    for hit in hits:
        assert hit.reason
        assert hit.remedy
        assert 1 <= hit.line <= len(text)
        assert str(hit).startswith(f"cluster.yaml:{hit.line}: {rule}: ")
        assert "\n" not in str(hit)
    if shown:
        assert any(shown in text[hit.line - 1] for hit in hits)


def test_every_rule_has_a_file_that_breaks_it():
    assert {rule.id for rule in RULES} == {rule for rule, *_ in BREAKS}


@pytest.mark.parametrize(
    ("demand", "said"),
    [
        (Demand("a/A", {"CPU": 1}, {"trii/pool-nope": "true"}), "no node type has the labels"),
        (Demand("a/A", {"CPU": 64}, {"trii/pool-serve": "true"}), "asks for 64 CPU"),
        (Demand("a/A", {"GPU": 1, "CPU": 1}, {"trii/pool-gpu": "true"}), "asks for 1 GPU, 1 CPU"),
        (
            Demand(
                "a/A", {"GPU": 1}, {"trii/pool-gpu": "!true", "trii/market": "!in(spot,on-demand)"}
            ),
            "no node",
        ),
    ],
)
def test_what_no_node_could_ever_hold_is_found_before_it_waits_for_ever(demand, said):
    (hit,) = found(SOUND, [demand])
    assert hit.rule == "waits-for-ever"
    assert said in hit.what


@pytest.mark.parametrize(
    "demand",
    [
        Demand("a/A", {"CPU": 8}, {"trii/pool-serve": "true"}),
        Demand("a/A", {"GPU": 1}, {"trii/pool-gpu": "true"}),
        Demand("a/A", {"GPU": 1}, {"trii/market": "in(spot, on-demand)"}),
        Demand("a/A", {"CPU": 16}, {"trii/pool-batch": "true", "trii/market": "!spot"}),
        Demand("a/A", {}),
    ],
)
def test_what_some_node_can_hold_is_not_complained_of(demand):
    assert found(SOUND, [demand]) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (rewrite(START[1], r"(MAX_CONNECTIONS)=400", r"\1=100"), "100 connections of PostgreSQL for "),
        (rewrite(START[1], r"(JOBS_AT_ONCE)=200", r"\1=4000"), "jobs 4000, reserve 10"),
        (rewrite(START[1], r"(JOBS_AT_ONCE)=200", r"\1=many"), "TRII_JOBS_AT_ONCE=many is no number"),
        (rewrite(START[1], r"TRII_POSTGRES_MAX_CONNECTIONS=400", ""), "200 connections of PostgreSQL for "),
    ],
)  # fmt: skip
def test_more_connections_than_postgresql_takes_are_found_with_who_opens_them(change, said):
    told = changed(change)
    (hit,) = found(told, opened=[Opens("api/Api", 12)])
    assert (hit.rule, hit.place) == ("postgres-connections", START[1])
    assert said in hit.what
    text = as_yaml(told, heading="a test's").splitlines()
    assert text[hit.line - 1].startswith(START[1])


def test_lowering_the_jobs_at_once_as_the_remedy_says_ends_it():
    few = changed(rewrite(START[1], r"(MAX_CONNECTIONS)=400", r"\1=100"))
    rewrite(START[1], r"(JOBS_AT_ONCE)=200", r"\1=50")(few)
    assert found(few, opened=[Opens("api/Api", 12)]) == []


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (put(("clustre_name",), value="x"), ""),
        (put(("max_workers",), value=-1), "max_workers"),
        (put((TYPES, BATCH, "resources", "CPU"), value=1.5), f"{TYPES}.{BATCH}.resources.CPU"),
        (put((TYPES, BATCH, "min_workers"), value="two"), f"{TYPES}.{BATCH}.min_workers"),
        (put(("head_node_type",), value="nobody"), ""),
        (put((TYPES,), value=[]), TYPES),
        (put(("docker",), value={"image": "trii-node:1"}), ""),
    ],
)
def test_what_rays_own_schema_refuses_comes_alone_with_its_place(change, place):
    (hit,) = found(changed(change))
    assert (hit.rule, hit.place) == ("schema", place)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not a cluster's file; `trii cluster render --env dev` writes one"),
        ("- a", "not a cluster's file"),
        ("a: [", ": not YAML: "),
        ("a: b: c", "cluster.yaml:1: not YAML"),
    ],
)
def test_a_file_that_is_none_is_refused_in_one_line(text, said):
    with pytest.raises(BadInput, match=re.escape(said)):
        parsed(text, PATH)


@pytest.mark.parametrize("target", [target for target in TARGETS if target != "aws"])
def test_a_file_for_another_launcher_is_not_taken_for_rays(target):
    text = render(reading.cluster_source("dev"), reading.ground(None), target=target)
    assert [finding.rule for finding in validate(parsed(text, PATH), RULES)] == ["schema"]
