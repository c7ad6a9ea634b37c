"""A market's day on a thousand nodes, simulated: seconds, and calls of Ray's scheduler.

    PYTHONPATH=. python bench/fleet.py [--nodes 1000]

Peer: the same number of calls with every node told in full, as the autoscaler of a running cluster
asks; one such call is timed at the day's fullest.
"""

import argparse
import logging
import time

from cluster.fleet.planning.demand import Demand
from cluster.fleet.planning.node_types import NodeType, node_types
from cluster.fleet.simulate.engine import Simulation
from cluster.fleet.simulate.nodes import Fleet
from cluster.fleet.simulate.ray_scheduler import RayScheduler
from cluster.fleet.simulate.timing import Timing
from cluster.fleet.simulate.work import Job, Service, market_day
from cluster.fleet.source.cluster import ClusterSource

ANSWERS = 1700.0  # requests a second of one replica
QUOTES = Demand("quotes", {"CPU": 0.5}, {"trii/pool-serve": "true"})
TASK = Demand("task", {"CPU": 1}, {"trii/pool-batch": "true"})


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--nodes", type=int, default=1000)
    half = parser.parse_args().nodes // 2
    logging.getLogger("ray.autoscaler").setLevel(logging.WARNING)
    types = pools(half)
    scheduler = RayScheduler(types)
    jobs = [Job(f"job-{h}", h * 3600.0, TASK, half * 16, 1200.0) for h in range(0, 24, 2)]
    began, cpu = time.perf_counter(), time.process_time()
    # A replica has half a CPU, a node of the pool eight of them.
    day = Simulation(types, scheduler, Timing(spot_losses_per_hour=0.02)).run(
        [Service(QUOTES, 4, 10**6, ANSWERS)], market_day(half * 16 * ANSWERS), jobs, 86_400.0
    )
    took, cpu = time.perf_counter() - began, time.process_time() - cpu
    most = {pool: day.most(pool) for pool in ("serve", "batch")}
    print(f"most nodes at once: {most}; {day.placed:,} pieces of work, {day.lost} spot nodes lost")
    print(f"a day: {took:.1f} s ({cpu:.1f} s of CPU), {day.scheduler_calls} calls of the scheduler")
    each = told_in_full(types, half)
    print(f"one call with every node told: {each * 1000:.0f} ms")
    print(f"  the day, to as many of those: {took / (each * day.scheduler_calls):.2f}")


def pools(each: int) -> dict[str, NodeType]:
    source = ClusterSource.model_validate(
        {
            "name": "bench",
            "environment": "dev",
            "head": {"machine": "m6i.large"},
            "pools": {
                "serve": {"machines": ["m6i.2xlarge"], "min_nodes": 2, "max_nodes": each},
                "batch": {"machines": ["c6i.4xlarge"], "max_nodes": each},
            },
        }
    )
    return node_types(source, ["eu-central-1a"])


def told_in_full(types: dict[str, NodeType], each: int) -> float:
    """Seconds of a call about as many nodes, none of which counts as busy."""
    fleet = Fleet(types)
    for name in types:
        for _ in range(each if "on-demand" not in name else 0):
            fleet.joined(fleet.add(name), now=0.0)
    for node in fleet:
        node.free = dict.fromkeys(node.free, 0.0)
    began = time.perf_counter()
    RayScheduler(types).decide(fleet, {TASK: 100}, now=1.0)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
