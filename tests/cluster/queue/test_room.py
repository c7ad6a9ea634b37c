"""What no machine of a pool can hold is refused before it is queued; the queue's test has real ones."""

import httpx
import pytest

from cluster.errors import BadInput
from cluster.fleet import ray_api
from cluster.fleet.ray_api import RayApi
from cluster.queue import room
from cluster.requests.job import JobRequest
from cluster.settings import Settings

GIB = 2**30


def node(pools, alive=True, **resources):
    labels = {f"trii/pool-{pool}": "true" for pool in pools}
    state = "ALIVE" if alive else "DEAD"
    return {"node_id": "n", "state": state, "labels": labels, "resources_total": resources}


NODES = [
    node(["serve", "batch"], CPU=8.0, memory=12.0 * GIB),
    node(["batch"], CPU=32.0, memory=4.0 * GIB),
    node(["gpu"], CPU=0.0, GPU=1.0, memory=16.0 * GIB),
    node(["batch"], alive=False, CPU=512.0, GPU=8.0, memory=900.0 * GIB),
]


@pytest.fixture
def require(tmp_path, monkeypatch):
    """Ask whether there is room, of a Ray with these nodes; None of them: it is away."""

    def ask(nodes=NODES, growing=(), **request):
        def answer(_):
            if nodes is None:
                raise httpx.ConnectError("away")
            return httpx.Response(200, json={"data": {"result": {"result": nodes}}})

        def api(settings):
            return RayApi(settings, transport=httpx.MockTransport(answer))

        monkeypatch.setattr(ray_api, "RayApi", api)
        settings = Settings(home=tmp_path, pools=("serve", "batch", "gpu"), pools_that_grow=growing)
        room.require(settings, JobRequest(module="this", **request))

    return ask


@pytest.mark.parametrize(
    ("request_", "place", "says"),
    [
        ({"gpus": 1.0}, "gpus", "0.1 CPUs and 1 GPU, the largest has 32 CPUs and 4.0 GiB: choose pool gpu"),
        ({"cpus": 33.0}, "cpus", "no machine of pool batch has 33 CPUs, .*: ask for less"),
        ({"memory_bytes": 13 * GIB}, "memory_bytes", "ask for less"),
        ({"pool": "gpu", "gpus": 2.0}, "gpus", "the largest has 1 GPU and 16.0 GiB: ask"),
        ({"gpus": 0.5}, "gpus", "0.1 CPUs and 0.5 GPUs, .*: choose pool gpu"),
        ({"pool": "gpu"}, "gpus", "a job in pool gpu asks for GPUs"),
        # Each has its machine, both together have none.
        ({"cpus": 16.0, "memory_bytes": 8 * GIB}, "cpus", "16 CPUs and 8.0 GiB, .* ask for less"),
    ],
)  # fmt: skip
def test_what_no_machine_can_hold_is_refused_with_what_there_is(require, request_, place, says):
    with pytest.raises(BadInput, match=says) as refused:
        require(**request_)
    assert [fault.loc for fault in refused.value.faults] == [place]


def test_what_a_machine_can_hold_is_taken(require):
    for size in ({"cpus": 32.0}, {"cpus": 8.0, "memory_bytes": 12 * GIB}, {"cpus": 0.1}):
        require(**size)
    require(pool="gpu", gpus=1.0, cpus=4.0)
    require(pool="gpu", gpus=0.5)


def test_nothing_is_refused_while_the_machines_are_not_known(require):
    require(nodes=None, gpus=8.0)
    require(nodes=[], gpus=8.0)
    require(pool="gpu", gpus=8.0, growing=("gpu",))
