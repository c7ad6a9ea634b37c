"""`trii strategy pack`: one's own strategy stored as a bundle, which a job over HTTP names."""

import click

from cluster.cli.output import json_option, print_json
from cluster.errors import BadInput
from cluster.laptop.identity import running_settings
from cluster.own_code.functions import stdout_to_stderr
from cluster.own_code.references import is_own
from cluster.own_code.shipping import ship
from cluster.own_code.strategies import choose


@click.command()
@click.argument("name", metavar="FILE.py:CLASS")
@json_option
def pack(*, name: str, as_json: bool) -> None:
    """Store a strategy of your own, with what it imports from its folder, as a bundle."""
    if not is_own(name):
        raise BadInput(
            f"strategy {name!r}: expected FILE.py:CLASS; what is shipped needs no bundle"
        )
    settings = running_settings()
    with stdout_to_stderr():
        chosen = choose(name)
    if chosen.code is None:  # never of one's own
        raise BadInput(f"strategy {name!r} has no files")
    bundle = ship(settings, chosen.code)
    document = {"bundle": bundle.sha256, "strategy": chosen.name, "files": list(bundle.files)}
    print_json(document) if as_json else click.echo(
        f"bundle {bundle.sha256}\nstrategy {chosen.name}\nfiles {', '.join(bundle.files)}"
    )
