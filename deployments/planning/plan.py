"""`trii cluster plan`: what `ray up` would change, and which applications would move."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from cluster.cli.output import json_option, print_json
from cluster.errors import BadInput
from cluster.fleet.changes import live
from cluster.fleet.changes.change import Change, changes
from cluster.fleet.cli.options import FILE
from cluster.fleet.rules.document import ClusterFile, read
from cluster.fleet.rules.pools import offered
from cluster.laptop import identity
from deployments.planning.demands import demands

_ENDS = ("remove", "replace", "bounds")


@click.command(name="plan")
@click.argument("file", type=FILE, default="cluster.yaml")
@click.option(
    "--against",
    type=FILE,
    help="The file that a cluster was brought up with; without it the running cluster is asked.",
)
@click.option(
    "--nodes",
    "nodes_file",
    type=FILE,
    help='With --against, how many nodes of each type run: {"batch-a": 3}; else the least.',
)
@click.option("--yes", is_flag=True, help="Exit with 0 though work that runs would be ended.")
@json_option
def plan(
    *, file: Path, against: Path | None, nodes_file: Path | None, yes: bool, as_json: bool
) -> int:
    """Say what `ray up` FILE would change on the running cluster, or one of another file.

    Exit status 1 when work that runs would be ended, unless `--yes`.
    """
    after = read(file)
    if against is not None:
        before = read(against)
        running = _running(nodes_file) if nodes_file else _least(before)
    elif nodes_file is not None:
        raise BadInput("--nodes goes with --against FILE: the running cluster is asked for its own")
    else:
        before, after, running = live.compared(after, identity.settings_of_ray())
    found = changes(before, after, running)
    moving = _moving(found, before)
    if as_json:
        told = [asdict(change) for change in found]
        print_json({"changes": told, "applications": moving, "running": running})
    else:
        for change in found:
            click.echo(str(change))
        if moving:
            click.echo(f"applications that move: {', '.join(moving)}")
    return 1 if any(change.destructive for change in found) and not yes else 0


def _running(path: Path) -> dict[str, int]:
    try:
        told = json.loads(path.read_text())
    except (OSError, ValueError) as exc:
        raise BadInput(f"--nodes {path}: can't be read as JSON ({exc})") from exc
    counts = told.values() if isinstance(told, dict) else [None]
    if not all(isinstance(count, int) and count >= 0 for count in counts):
        raise BadInput(f'--nodes {path}: expected numbers by node type, as {{"batch-a": 3}}')
    return dict(told)


def _least(file: ClusterFile) -> dict[str, int]:
    return {name: int(entry.get("min_workers", 0)) for _, name, entry in file.workers()}


def _moving(found: Sequence[Change], before: ClusterFile) -> list[str]:
    """Deployments that may run on a node that is ended."""
    ended = {change.of for change in found if change.destructive and change.kind in _ENDS}
    hosts = [offer for name, offer in offered(before).items() if name in ended]
    return [demand.name for demand in demands() if any(demand.fits(host) for host in hosts)]
