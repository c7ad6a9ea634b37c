"""Spot that is refused, for real: Ray's own autoscaler on a cloud that has none left."""

import subprocess
import sys

import pytest
import yaml

from cluster.waiting import wait_until
from tests.cluster.fleet.conftest import STEER

pytestmark = [pytest.mark.long, pytest.mark.services]
BATCH = "trii/pool-batch"
# A task of the pool, by a driver of its own: it says how the node was bought that it ran on.
WORK = f"""
import os, ray
ray.init(address=os.environ["WHERE"], logging_level="ERROR", log_to_driver=False)

@ray.remote(num_cpus=1, label_selector={{"{BATCH}": "true"}})
def market():
    return ray.get_runtime_context().get_node_labels()["trii/market"]

print(ray.get(market.remote()))
"""
KEPT = """
import sys
from cluster.fleet.live.kept import FILE, read
print(read(sys.argv[1], FILE), end="")
"""


@pytest.fixture
def head(bring_up):
    """A pool `batch` of spot, with two nodes on demand beside it."""

    def nodes(market, priority):
        labels = {BATCH: "true", "trii/market": market}
        bounds = {"min_workers": 0, "max_workers": 2, "priority": priority}
        return {"resources": {"CPU": 1}, "labels": labels, "node_config": {}, **bounds}

    return bring_up({"spot": nodes("spot", 10), "on-demand": nodes("on-demand", 0)})


@pytest.fixture
def work(start, head):
    """Start a task of the pool; it prints how the node was bought that it ran on."""
    return lambda: start("-c", WORK, WHERE=head[0])


def bound(target, name):
    return yaml.safe_load(target.read_text())["available_node_types"][name]["max_workers"]


def test_refused_spot_falls_back_to_on_demand_and_spot_is_tried_again_later(
    head, start, work, refuse, marked
):
    address, source, target = head
    refuse("spot")
    waiting = work()
    # Ray alone asks for spot for ever.
    with pytest.raises(subprocess.TimeoutExpired):
        waiting.communicate(timeout=25)
    start(*STEER, "--from", source, "--to", target, "--address", address, "--pause", 30)
    assert waiting.communicate(timeout=60)[0] == "on-demand\n"
    assert bound(target, "spot") == 0
    # A plan finds there what the cluster was brought up with, not what holds at the moment.
    kept = subprocess.run(
        [sys.executable, "-c", KEPT, address],
        env=marked,
        capture_output=True,
        text=True,
        check=True,
    )
    assert kept.stdout == source.read_text()
    refuse()
    assert wait_until(lambda: bound(target, "spot") == 2, timeout_s=60)
    # The node on demand goes when it idles, and the next work is bought where it is cheap.
    spot = wait_until(lambda: work().communicate()[0] == "spot\n", timeout_s=120, every_s=8)
    assert spot


def test_a_node_type_whose_nodes_never_join_is_left_alone_as_a_refused_one(
    head, start, work, refuse
):
    address, source, target = head
    refuse("dud:spot")
    start(*STEER, "--from", source, "--to", target, "--address", address, "--pause", 120)
    waiting = work()
    assert waiting.communicate(timeout=120)[0] == "on-demand\n"
    assert bound(target, "spot") == 0
