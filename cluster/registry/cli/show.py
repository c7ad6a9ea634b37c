"""`trii model show`: the versions of one model."""

from dataclasses import asdict

import click

from cluster.cli.output import json_option, print_json, print_table
from cluster.errors import NotFound
from cluster.laptop import identity
from cluster.registry.mlflow_client import Registry


@click.command()
@click.argument("name")
@json_option
def show(*, name: str, as_json: bool) -> None:
    """Show the versions of one model, with their aliases and metrics."""
    registry = Registry.from_settings(identity.running_settings())
    known = registry.models()
    if name not in known:
        raise NotFound(f"no model of that name; known: {', '.join(known) or 'none yet'}")
    versions = registry.versions(name)
    if as_json:
        print_json([asdict(version) for version in versions])
        return
    rows = [(v.version, ", ".join(v.aliases), v.created_at.isoformat()) for v in versions]
    print_table(("version", "aliases", "created"), rows)
