"""Load that becomes replicas, and replicas that become nodes: Ray's own autoscaler and Serve."""

import json
import sys

import pytest

from tests.servers import free_port

pytestmark = [pytest.mark.long, pytest.mark.services]
ON_SERVE = {"num_cpus": 1, "label_selector": {"trii/pool-serve": "true"}}
# How fast a deployment follows its queue; what Ray does where nothing is said stands beside it.
QUICK = {
    "min_replicas": 1,
    "max_replicas": 4,
    "target_ongoing_requests": 4,
    "upscale_delay_s": 2,
    "downscale_delay_s": 5,
    "look_back_period_s": 2,
    "metrics_interval_s": 1,
}
PLAIN = {"min_replicas": 1, "max_replicas": 4, "target_ongoing_requests": 4}


def nodes(pool, least, most, **resources):
    return {
        "resources": resources,
        "labels": {f"trii/pool-{pool}": "true", "trii/market": "on-demand"},
        "node_config": {},
        "min_workers": least,
        "max_workers": most,
    }


# As the render of a cluster has them: a GPU node offers no CPU.
POOLS = {
    "serve": nodes("serve", 1, 3, CPU=2),
    "batch": nodes("batch", 0, 2, CPU=2),
    "gpu": nodes("gpu", 0, 1, CPU=0, GPU=1),
}


@pytest.fixture
def walk(bring_up, start):
    """Walk an application of such options through load, and give what was seen."""
    address, *_ = bring_up(POOLS)

    def begin(options, **more):
        told = {
            "address": address, "port": free_port(), "options": options, "clients": 16,
            "slow_s": 0.16, "limit_s": 240, "node_type": "serve", "least": 1, "shrinks": True,
        }  # fmt: skip
        process = start("-m", "tests.cluster.fleet.scaling.walk", json.dumps(told | more))
        out, _ = process.communicate(timeout=400)
        assert process.returncode == 0
        sys.stdout.write(f"{out}\n")  # the figures, for whoever runs with -s
        return json.loads(out.splitlines()[-1])

    return begin


def deployment(scaling, **actor):
    return {
        "autoscaling_config": scaling,
        "max_ongoing_requests": 4,
        "max_queued_requests": 200,
        "graceful_shutdown_timeout_s": 10,
        "graceful_shutdown_wait_loop_s": 0.5,
        "ray_actor_options": actor or ON_SERVE,
    }


def test_load_buys_a_node_of_its_pool_and_gives_it_back_without_a_failed_request(walk):
    seen = walk(deployment(QUICK))
    assert seen["failed"] == {}
    assert seen["requests"] > 100
    # Three answer 16 clients as fast as one answers four; the fourth may still be starting.
    assert seen["replicas"] >= 3
    # No other pool was asked, though it had room to grow.
    assert (seen["before"].get("serve"), seen["nodes"]["serve"]) == (1, 2)
    assert not {"batch", "gpu"} & seen["nodes"].keys()
    assert None not in (seen["latency_back_s"], seen["drained_s"], seen["node_gone_s"])


def test_what_ray_does_where_nothing_is_said_loses_nothing_either(walk):
    seen = walk(deployment(PLAIN), shrinks=False)
    assert seen["failed"] == {}
    assert seen["replicas"] >= 3


def test_a_gpu_application_comes_from_nothing_and_goes_to_nothing(walk):
    on_gpu = {"num_cpus": 0, "num_gpus": 1, "label_selector": {"trii/pool-gpu": "true"}}
    scaling = QUICK | {"min_replicas": 0, "initial_replicas": 0, "max_replicas": 1}
    seen = walk(deployment(scaling, **on_gpu), node_type="gpu", least=0, cpu_work=True)
    assert seen["status"] == 200
    (none, before), (one, busy) = seen["before"], seen["busy"]
    assert (none, one) == (0, 1)
    assert ("gpu" in before, busy["gpu"]) == (False, 1)
    # The node went while work ran that names no pool: that had found another.
    assert seen["gone_s"] is not None
    assert seen["worked_beside"]
    assert "trii/pool-gpu" not in seen["worked_on"]
