"""What 1, 10, 100 and 1,000 nodes do: the tables of `docs/capacity.md`.

    PYTHONPATH=. python bench/capacity.py

Each rate is one that was measured on two cores (`docs/benchmarks.md`, `docs/data.md`,
`docs/training.md`), times what a node has; times to grow are Ray's own scheduler's on a simulated
cloud. Nothing here ran on as many nodes.
"""

import logging
from datetime import UTC, datetime

from cluster.fleet.machines.catalogue import machine, price
from cluster.fleet.planning.demand import Demand
from cluster.fleet.planning.node_types import NodeType, node_types
from cluster.fleet.rules.connections import Opens
from cluster.fleet.simulate.engine import Simulation
from cluster.fleet.simulate.ray_scheduler import RayScheduler
from cluster.fleet.simulate.timing import Timing
from cluster.fleet.simulate.work import Curve, Job
from cluster.fleet.source.cluster import ClusterSource
from cluster.stores.connections import DRIVER, RESERVED
from deployments.feed.wire import encode, encode_tick
from deployments.planning.connections import opened
from deployments.planning.demands import demands
from deployments.planning.services import ANSWERED
from market.synthetic import SyntheticMarket

REGION = "eu-central-1"
SERVE, BATCH = "m6i.2xlarge", "c6i.4xlarge"
NODES = (1, 10, 100, 1000)
# Quotes a second through one HAProxy, which shared two cores with replicas and clients.
PROXY = 3423.0
# 60 instruments of 4,715 sessions, command to report.
BARS_A_SECOND = 60 * 4715 / 2.43
TRIAL_S = 4.0
ROWS_A_SECOND = {"days": 286_000, "minutes": 571_000}
COMMITS_A_SECOND = 1 / 1.5
SERVERS = (200, 400, 1000, 5000)


def main() -> None:
    logging.getLogger("ray.autoscaler").setLevel(logging.WARNING)
    asked = {demand.name: demand.resources["CPU"] for demand in demands()}
    table(
        ("nodes of `serve`", "quotes a second: replicas", "through their proxies, at least",
         "predictions a second: replicas", "Valkey's fan-out, MB a second", "USD an hour"),
        [serving(nodes, asked) for nodes in NODES],
    )  # fmt: skip
    table(
        ("nodes of `batch`", "trials of a sweep an hour", "bars backtested a second",
         "rows ingested a second: days, minutes", "seconds until all run", "USD an hour on spot"),
        [working(nodes) for nodes in NODES],
    )  # fmt: skip
    parts = [*opened(), Opens("reserve", RESERVED)]
    fixed = sum(part.connections for part in parts)
    table(
        ("PostgreSQL's `max_connections`", "jobs at once"),
        [(f"{most:,}", f"{max(0, most - fixed) // DRIVER:,}") for most in SERVERS],
    )
    print("beside the jobs:", ", ".join(f"{part} {count}" for part, count in parts))
    print(f"commits of the lake: {COMMITS_A_SECOND:.2f} a second to a table, one writer at a time")


def serving(nodes: int, asked: dict[str, float]) -> tuple[str, ...]:
    cpus = machine(SERVE).vcpus
    replicas = {name: nodes * int(cpus / asked[name]) for name in ANSWERED}
    quotes, predictions = (replicas[name] * rate for name, rate in ANSWERED.items())
    fan_out = replicas["quotes/Quotes"] * len(tick()) / 1e6
    dollars = nodes * price(SERVE, REGION).on_demand
    return (
        f"{nodes:,}", f"{quotes:,.0f}", f"{nodes * PROXY:,.0f}", f"{predictions:,.0f}",
        f"{fan_out:,.1f}", f"{dollars:,.2f}",
    )  # fmt: skip


def working(nodes: int) -> tuple[str, ...]:
    cpus = nodes * machine(BATCH).vcpus
    rows = " and ".join(f"{rate:,}" for rate in ROWS_A_SECOND.values())
    spot = price(BATCH, REGION).spot or float("nan")
    return (
        f"{nodes:,}", f"{cpus * 3600 / TRIAL_S:,.0f}", f"{cpus * BARS_A_SECOND:,.0f}", rows,
        f"{until_all_run(nodes):,.0f}", f"{nodes * spot:,.2f}",
    )  # fmt: skip


def until_all_run(nodes: int) -> float:
    """Seconds from a job that fills as many nodes until its last task runs, from none."""
    types = pool(nodes)
    whole = Demand("task", {"CPU": machine(BATCH).vcpus}, {"trii/pool-batch": "true"})
    job = Job("all", 1.0, whole, nodes, 3600.0)
    simulation = Simulation(types, RayScheduler(types), Timing())
    day = simulation.run((), Curve((0.0,), (0.0,)), [job], 3600.0)
    return day.longest_wait()


def pool(nodes: int) -> dict[str, NodeType]:
    source = ClusterSource.model_validate(
        {
            "name": "capacity",
            "environment": "dev",
            "head": {"machine": "m6i.large"},
            "pools": {
                "serve": {"machines": [SERVE], "max_nodes": 1},
                "batch": {"machines": [BATCH], "max_nodes": nodes},
            },
        }
    )
    return node_types(source, [f"{REGION}a"])


def tick() -> bytes:
    """What the one writer publishes each second, and each replica of `quotes` takes."""
    quotes = SyntheticMarket().quotes(datetime(2026, 1, 5, 15, tzinfo=UTC))
    return encode_tick([encode(quote, calendar="XNYS") for quote in quotes])


def table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    print("|", " | ".join(header), "|")
    print("|" + "---|" * len(header))
    for row in rows:
        print("|", " | ".join(row), "|")
    print()


if __name__ == "__main__":
    main()
