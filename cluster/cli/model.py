"""`trii model list | show`: what the registry holds and what serves."""

import click

from cluster.cli.identity import running_settings
from cluster.cli.output import json_option, print_json, print_table


@click.group()
def model() -> None:
    """List registered models and their versions."""


@model.command("list")
@json_option
def list_models(as_json: bool) -> None:  # noqa: FBT001
    """Every registered model and the version that serves."""
    from cluster.desired import store as desired  # noqa: PLC0415
    from cluster.registry.mlflow_client import Registry  # noqa: PLC0415 - imports MLflow
    from cluster.stores.postgres import connect  # noqa: PLC0415

    settings = running_settings()
    with connect(settings, "serve") as connection:
        serving = {m.name: m for m in desired.read(connection, settings.cluster_id).models}
    rows = [
        {"name": name, "serving": serving[name].version if name in serving else None}
        for name in Registry.from_settings(settings).models()
    ]
    if as_json:
        print_json(rows)
    else:
        print_table(("model", "serving version"), [list(row.values()) for row in rows])


@model.command()
@click.argument("name")
@json_option
def show(name: str, as_json: bool) -> None:  # noqa: FBT001
    """The versions of one model, with their aliases and metrics."""
    from cluster.errors import NotFound  # noqa: PLC0415
    from cluster.registry.mlflow_client import Registry  # noqa: PLC0415

    registry = Registry.from_settings(running_settings())
    known = registry.models()
    if name not in known:
        raise NotFound(f"no model of that name; known: {', '.join(known) or 'none yet'}")
    versions = registry.versions(name)
    if as_json:
        print_json([vars(version) for version in versions])
        return
    rows = [(v.version, ", ".join(v.aliases), v.created_at.isoformat()) for v in versions]
    print_table(("version", "aliases", "created"), rows)
