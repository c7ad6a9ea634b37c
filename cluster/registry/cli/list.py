"""`trii model list`: what the registry holds and what serves."""

import click

from cluster.cli.output import json_option, print_json, print_table
from cluster.desired import store as desired
from cluster.laptop import identity
from cluster.registry.reader import PATIENT_S, RegistryReader
from cluster.stores.postgres import connect


@click.command(name="list")
@json_option
def list_models(*, as_json: bool) -> None:
    """List every registered model and the version that serves."""
    settings = identity.running_settings()
    with connect(settings, "serve") as connection:
        serving = {
            model.name: model.version
            for model in desired.read(connection, settings.cluster_id).models
        }
    with RegistryReader.from_settings(settings, timeout_s=PATIENT_S) as registry:
        models = registry.models()
    if as_json:
        print_json([{"name": model.name, "serving": serving.get(model.name)} for model in models])
        return
    rows = [(model.name, serving.get(model.name), model.description or None) for model in models]
    print_table(("model", "serving version", "description"), rows)
