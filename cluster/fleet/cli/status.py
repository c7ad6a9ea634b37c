"""`trii cluster status`: the cluster that runs."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC

import click

from cluster.cli.output import json_option, print_json, print_table
from cluster.clock import utc_now
from cluster.fleet.live.gcs import Gcs
from cluster.fleet.live.prewarmed import Prewarmed, holding
from cluster.fleet.live.view import ClusterView, Launch, LiveNode, Waiting
from cluster.laptop import identity

_NODES = ("pools", "node type", "bought", "node", "address", "state", "CPUs", "GPUs")
_WAITS = ("waits", "how often", "resources")
_HELD = ("held ready", "nodes at least", "until (UTC)")
_REFUSED = ("refused", "machines", "at (UTC)", "why")


@click.command()
@json_option
def status(*, as_json: bool) -> None:
    """Show the nodes of the running cluster by pool, what waits for one, and refused launches."""
    gcs = Gcs(identity.settings_of_ray())
    seen, held = gcs.status(), holding(gcs.prewarmed(), utc_now())
    if as_json:
        print_json(asdict(seen) | {"held": [entry.model_dump(mode="json") for entry in held]})
        return
    print_table(_NODES, [_node(node) for node in seen.nodes])
    _print(_WAITS, [_waiting(demand) for demand in seen.waiting])
    _print(_REFUSED, [_launch(launch) for launch in seen.launches if launch.refused])
    _print(_HELD, [_held(entry) for entry in held])
    click.echo(_summary(seen))


def _print(header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    if rows:
        click.echo("")
        print_table(header, rows)


def _summary(seen: ClusterView) -> str:
    coming = sum(launch.count for launch in seen.launches if not launch.refused)
    waiting = sum(demand.count for demand in seen.waiting)
    running = sum(node.id is not None for node in seen.nodes)
    coming += len(seen.nodes) - running
    nodes = "1 node runs" if running == 1 else f"{running} nodes run"
    return f"\n{nodes}, {coming} are coming; pieces of work that wait for a node: {waiting}"


def _node(node: LiveNode) -> tuple[object, ...]:
    pools = ", ".join(node.pools) or ("head" if node.is_head else None)
    short = node.id and node.id[:12]
    used = (_of(node, "CPU"), _of(node, "GPU"))
    return pools, node.type, node.market, short, node.address, node.state, *used


def _of(node: LiveNode, resource: str) -> str | None:
    total = node.total.get(resource)
    return None if total is None else f"{node.used.get(resource, 0.0):g} of {total:g}"


def _waiting(demand: Waiting) -> tuple[object, ...]:
    told = ", ".join(f"{amount:g} {name}" for name, amount in demand.resources.items())
    return demand.kind, demand.count, told


def _held(entry: Prewarmed) -> tuple[object, ...]:
    return entry.pool, entry.nodes, f"{entry.until.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def _launch(launch: Launch) -> tuple[object, ...]:
    return launch.type, launch.count, f"{launch.at:%Y-%m-%d %H:%M:%S}", launch.reason
