"""What `ray up` would change: every difference is told, and what ends work is told first."""

import copy
from pathlib import Path

import pytest
import yaml

from cluster.fleet.changes.change import changes
from cluster.fleet.render.rendering import render
from cluster.fleet.render.text import as_yaml
from cluster.fleet.rules.document import parsed
from cluster.fleet.source import reading

SERVE = "serve-m6i.2xlarge-eu-central-1a"
BATCH = "batch-c6i.4xlarge"
TYPES = "available_node_types"
RUNNING = {SERVE: 3, BATCH: 5}
SOUND = yaml.safe_load(
    render(reading.cluster_source("production"), reading.ground(None), target="aws")
)


def told(change=lambda _: None, *, running=RUNNING, leaves_nodes=True):
    """What a change comes to, without the head's start, which is always there."""
    before, after = copy.deepcopy(SOUND), copy.deepcopy(SOUND)
    for document in (before, after):
        document["provider"]["disable_launch_config_check"] = leaves_nodes
    change(after)
    files = [parsed(as_yaml(told, heading="x"), Path("cluster.yaml")) for told in (before, after)]
    found = changes(*files, running)
    assert any(change.kind == "start" and change.of == "head" for change in found)
    assert found == sorted(found, key=lambda change: not change.destructive)
    return [change for change in found if (change.kind, change.of) != ("start", "head")]


def test_the_same_file_changes_nothing_but_that_the_head_starts_again():
    assert told() == []


def test_another_image_of_workers_ends_nothing_where_nodes_are_left():
    def image(document):
        document[TYPES][SERVE]["node_config"]["ImageId"] = "ami-ffffffffffffffff0"

    (left,) = told(image)
    assert (left.kind, left.destructive) == ("replace", False)
    assert left.effect == "ImageId: 3 nodes stay as they are until each is drained"

    (ended,) = told(image, leaves_nodes=False)
    assert (ended.destructive, ended.effect) == (True, "ImageId: 3 nodes ended at once")


def test_another_machine_of_the_head_is_a_new_head():
    def machine(document):
        document[TYPES]["head"]["node_config"]["InstanceType"] = "m6i.4xlarge"

    (change,) = told(machine)
    assert (change.kind, change.destructive) == ("head", True)
    assert "InstanceType" in change.effect


def test_another_user_of_ssh_is_a_new_head_and_told_of_every_type():
    found = told(lambda document: document["auth"].update(ssh_user="ec2-user"))
    assert [change.kind for change in found].count("head") == 1
    assert {change.of for change in found} == set(SOUND[TYPES])


def test_a_type_that_is_gone_is_told_with_its_nodes():
    def remove(document):
        del document[TYPES][BATCH]

    (left,) = told(remove)
    assert "5 nodes go on, and the autoscaler no longer sees them" in left.effect
    (ended,) = told(remove, leaves_nodes=False)
    assert (ended.destructive, ended.effect) == (True, "removed: 5 nodes ended at once")
    (nobody,) = told(remove, leaves_nodes=False, running={})
    assert not nobody.destructive


def test_a_type_that_is_new_is_told_with_its_bounds():
    def add(document):
        document[TYPES]["batch-m6a"] = document[TYPES][BATCH]

    (change,) = told(add)
    assert (change.kind, change.of, change.destructive) == ("add", "batch-m6a", False)
    assert change.effect.startswith("added, 0 to 20 nodes")


@pytest.mark.parametrize(
    ("bounds", "effect", "destructive"),
    [
        ({"max_workers": 2}, "1 node ended at once", True),
        ({"min_workers": 5}, "2 nodes bought", False),
        ({"max_workers": 9}, "becomes 1 to 9 nodes", False),
        ({"idle_timeout_s": 60}, "idle_timeout_s 60", False),
    ],
)
def test_bounds_are_read_again_and_end_only_what_is_above_them(bounds, effect, destructive):
    (change,) = told(lambda document: document[TYPES][SERVE].update(bounds))
    assert (change.kind, change.destructive) == ("bounds", destructive)
    assert effect in change.effect


def test_a_variable_of_the_start_commands_is_named():
    def variable(document):
        document["worker_start_ray_commands"] = [
            command.replace("reconnect_timeout_s=600", "reconnect_timeout_s=900")
            for command in document["worker_start_ray_commands"]
        ]

    (change,) = told(variable)
    assert change.of == "worker_start_ray_commands"
    assert "RAY_gcs_rpc_server_reconnect_timeout_s" in change.effect


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda document: document.update(cluster_name="other"), "other is a second cluster"),
        (lambda document: document["provider"].update(region="us-east-1"), "a second cluster"),
    ],
)
def test_another_name_or_region_is_a_second_cluster_beside_the_first(change, said):
    (found,) = told(change)
    assert found.destructive
    assert said in found.effect


def test_labels_and_resources_are_told_for_nodes_to_come():
    def label(document):
        document[TYPES][SERVE]["labels"]["trii/pool-batch"] = "true"

    (change,) = told(label)
    assert (change.kind, change.destructive) == ("settings", False)
    assert "on nodes that start from now on" in change.effect
