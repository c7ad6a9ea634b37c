"""`trii cluster validate`: what is wrong with a cluster's file, before anything is paid for."""

from dataclasses import asdict
from pathlib import Path

import click

from cluster.cli.output import json_option, print_json
from cluster.fleet.cli.options import FILE
from cluster.fleet.rules.document import read
from cluster.fleet.rules.validation import rules
from cluster.fleet.rules.validation import validate as found_in
from deployments.planning.connections import opened
from deployments.planning.demands import demands


@click.command(name="validate")
@click.argument("file", type=FILE, default="cluster.yaml")
@json_option
def validate(*, file: Path, as_json: bool) -> int:
    """Check a cluster's FILE: Ray's schema, and rules about safety, state and money.

    Exit status 1 when something is wrong.
    """
    asked = rules(demands(), opened())
    found = found_in(read(file), asked)
    if as_json:
        print_json({"file": str(file), "findings": [asdict(finding) for finding in found]})
    else:
        for finding in found:
            click.echo(str(finding))
        told = f"{len(found)} findings" if found else "nothing wrong"
        click.echo(f"{file}: {told} ({len(asked)} rules, and Ray's schema)")
    return 1 if found else 0
