"""`trii cluster adopt`: a cluster that takes another's place wants what that one wanted."""

import click

from cluster.cli.output import json_option, print_json
from cluster.desired import store as desired
from cluster.errors import BadInput, NotFound
from cluster.laptop import identity
from cluster.settings import Settings
from cluster.stores.postgres import connect


@click.command()
@click.argument("other", metavar="OTHER")
@json_option
def adopt(*, other: str, as_json: bool) -> None:
    """Want here what the cluster OTHER of this database wants: applications, options, model versions.

    May be repeated until OTHER is gone: a version that was promoted there meanwhile comes along.
    """
    wanted = take_over(identity.running_settings(), other)
    applications, models = sorted(wanted.applications), sorted(m.name for m in wanted.models)
    if as_json:
        print_json({"from": other, "applications": applications, "models": models})
        return
    click.echo(f"wanted as on {other}: {', '.join([*applications, *models])}")


def take_over(settings: Settings, other: str) -> desired.Desired:
    """Copy the rows of another cluster to this one's; what only this one wants stays.

    Raises BadInput for the cluster itself, NotFound for one that wants nothing.
    """
    if other == settings.cluster_id:
        raise BadInput(f"{other} is this cluster itself: name the one whose place it takes")
    with connect(settings, "serve") as connection:
        wanted = desired.read(connection, other)
        if not wanted.applications:
            known = ", ".join(desired.clusters(connection)) or "none"
            raise NotFound(f"no cluster {other} wants anything in this database; there is {known}")
        for name, spec in wanted.applications.items():
            desired.set_application(connection, settings.cluster_id, name, spec)
        for model in wanted.models:
            desired.set_model(connection, settings.cluster_id, model)
    return wanted
