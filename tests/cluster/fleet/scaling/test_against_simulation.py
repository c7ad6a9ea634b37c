"""The same node types and the same work, played by `simulate` and bought by Ray's autoscaler."""

import json
import sys
from collections import Counter
from dataclasses import replace

import pytest

from cluster.fleet.planning.demand import Demand
from cluster.fleet.planning.node_types import node_types
from cluster.fleet.simulate.engine import Simulation
from cluster.fleet.simulate.ray_scheduler import RayScheduler
from cluster.fleet.simulate.timing import Timing
from cluster.fleet.simulate.work import Curve, Job
from cluster.fleet.source.cluster import ClusterSource

pytestmark = [pytest.mark.long, pytest.mark.services]
IDLE_S = 10
BATCH, GPU = {"trii/pool-batch": "true"}, {"trii/pool-gpu": "true"}
SOURCE = ClusterSource.model_validate(
    {
        "name": "x",
        "environment": "dev",
        "head": {"machine": "m6i.large"},
        "pools": {
            "serve": {"machines": ["m6i.large"], "max_nodes": 1},
            # Two spot nodes and one on demand, of two CPUs each; GPU nodes of one GPU.
            "batch": {"machines": ["m6i.large"], "max_nodes": 2, "on_demand_nodes": 1},
            "gpu": {"machines": ["g5.xlarge"], "max_nodes": 2},
        },
    }
)
# Pool, resources, tasks, seconds: more than the spot nodes hold at once, and one GPU node.
WORK = ((BATCH, {"CPU": 1}, 6, 30), (GPU, {"GPU": 1}, 1, 30))


def played(types):
    """Nodes by type over time, as the simulation has them."""
    day = Simulation(types, RayScheduler(types), Timing(interval=1, allocate=1, boot=3)).run(
        (),
        Curve((0.0,), (0.0,)),
        [
            Job(str(index), 0.0, Demand(str(index), resources, pool), tasks, seconds)
            for index, (pool, resources, tasks, seconds) in enumerate(WORK)
        ],
        until=300.0,
    )
    return [(sample.at, dict(sample.running)) for sample in day.samples]


def bought(types, bring_up, start):
    """The same of a cluster."""
    entries = {
        name: {
            "resources": {key: amount for key, amount in kind.resources.items() if key != "memory"},
            "labels": kind.labels,
            "node_config": {},
            "min_workers": kind.min_nodes,
            "max_workers": kind.max_nodes,
            "priority": kind.priority,
        }
        for name, kind in types.items()
    }
    address, *_ = bring_up(entries, idle_s=IDLE_S)
    demands = [
        ({"num_cpus": 0, **{f"num_{key.lower()}s": n for key, n in needs.items()},
          "label_selector": pool}, tasks, seconds)
        for pool, needs, tasks, seconds in WORK
    ]  # fmt: skip
    driver = start(
        "-m",
        "tests.cluster.fleet.scaling.demands",
        json.dumps([address, list(types), demands, 240]),
    )
    out, _ = driver.communicate(timeout=300)
    assert driver.returncode == 0
    of_type = json.loads(out.splitlines()[-1])
    return of_type, [(at, by_pool(types, nodes)) for at, nodes in of_type]


def by_pool(types, nodes):
    found = Counter()
    for name, count in nodes.items():
        found[types[name].pool] += count
    return dict(found)


def steps(seen):
    """The numbers that a pool goes through, each once."""
    found = {}
    for pool in ("batch", "gpu"):
        numbers = [nodes.get(pool, 0) for _, nodes in seen]
        found[pool] = [n for i, n in enumerate(numbers) if i == 0 or numbers[i - 1] != n]
    return found


def test_the_simulation_buys_what_rays_autoscaler_buys(bring_up, start):
    types = {
        name: replace(kind, idle_s=IDLE_S) for name, kind in node_types(SOURCE, ("a",)).items()
    }
    of_type, real = bought(types, bring_up, start)
    simulated = played(dict(types))
    sys.stdout.write(f"cluster {of_type}\nby pool {real}\nsimulated {simulated}\n")
    for pool in ("batch", "gpu"):
        went, goes = steps(real)[pool], steps(simulated)[pool]
        # As many at most, from nothing to nothing; whether two come at one look is the machines' affair.
        assert (max(went), went[0], went[-1]) == (max(goes), goes[0], goes[-1])
        assert [n for n in went if n == max(went)] == [max(went)]
