"""`trii cluster doctor`: what is wrong with the cluster that runs, and what to do."""

import click

from cluster.cli.findings import tell
from cluster.cli.output import json_option, print_table
from cluster.fleet.doctor.facts import ClusterFacts, Node
from cluster.fleet.doctor.look import look
from cluster.fleet.doctor.rules import judge
from cluster.laptop import identity

_NODES = ("node", "address", "pools", "Ray", "Python", "TRII", "clock", "files", "GPUs")
_GPUS = ("GPU on", "index", "model", "driver", "memory (MiB)", "used (MiB)", "kept by")


@click.command()
@json_option
def doctor(*, as_json: bool) -> int:
    """Look at each node of the running cluster: versions, ports, limits, clocks, GPUs, state.

    A node that tells nothing within 30 s is named, and holds up no other.
    """
    seen = look(identity.settings_of_ray())
    if not as_json:
        print_table(_NODES, [_node(node) for node in seen.nodes])
        click.echo("")
        _show_gpus(seen)
    return tell(judge(seen), as_json=as_json, cluster=seen.model_dump())


def _node(node: Node) -> tuple[object, ...]:
    pools = ", ".join(node.pools) or ("head" if node.is_head else None)
    named = (node.id[:12], node.address, pools)
    facts = node.facts
    if facts is None:
        return *named, *(None,) * 6
    clock = f"{node.clock_ahead_s * 1000:+.0f} ms"
    files = min(facts.files_limit.values(), default=None)
    return *named, facts.ray, facts.python, facts.trii, clock, files, f"{node.gpus:g}"


def _show_gpus(seen: ClusterFacts) -> None:
    rows = [
        (
            node.address,
            gpu.index,
            gpu.name,
            gpu.driver,
            gpu.memory_mib,
            gpu.used_mib,
            _kept(seen, node),
        )
        for node in seen.nodes
        if node.facts
        for gpu in node.facts.gpus
    ]
    if rows:
        print_table(_GPUS, rows)
    else:
        click.echo("no node shows a GPU")
    click.echo("")


def _kept(seen: ClusterFacts, node: Node) -> str | None:
    """Ray gives out parts of a node's GPUs: which one, it tells to the process alone."""
    kept = [f"{held.what} ({held.gpus:g})" for held in seen.on_gpus if held.node == node.id]
    return ", ".join(kept) or None
