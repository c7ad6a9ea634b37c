"""`trii cluster validate`: what is wrong with a cluster's file, before anything is paid for."""

from dataclasses import asdict
from pathlib import Path

import click

from cluster.cli.output import json_option, print_json
from cluster.errors import BadInput
from cluster.fleet.cli.options import FILE
from cluster.fleet.machines.account import Account
from cluster.fleet.rules.account import account_rules
from cluster.fleet.rules.document import ClusterFile, read
from cluster.fleet.rules.validation import rules
from cluster.fleet.rules.validation import validate as found_in
from deployments.planning.connections import opened
from deployments.planning.demands import demands


@click.command(name="validate")
@click.argument("file", type=FILE, default="cluster.yaml")
@click.option(
    "--account",
    is_flag=True,
    help="Ask AWS as well, changing nothing: what the file names is there, and quotas suffice.",
)
@json_option
def validate(*, file: Path, account: bool, as_json: bool) -> int:
    """Check a cluster's FILE: Ray's schema, and rules about safety, state and money.

    Exit status 1 when something is wrong.
    """
    told = read(file)
    asked = rules(demands(), opened())
    if account:
        asked += account_rules(Account(_region(told)))
    found = found_in(told, asked)
    if as_json:
        print_json({"file": str(file), "findings": [asdict(finding) for finding in found]})
    else:
        for finding in found:
            click.echo(str(finding))
        verdict = f"{len(found)} findings" if found else "nothing wrong"
        click.echo(f"{file}: {verdict} ({len(asked)} rules, and Ray's schema)")
    return 1 if found else 0


def _region(file: ClusterFile) -> str:
    provider = file.told.get("provider")
    region = provider.get("region") if isinstance(provider, dict) else None
    if not isinstance(region, str):
        raise BadInput(f"{file.path}: --account needs provider.region, which a file for AWS has")
    return region
