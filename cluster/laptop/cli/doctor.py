"""`trii doctor`: what is wrong here, and the remedy."""

import click

from cluster.cli.output import json_option, print_json
from cluster.environment import default_home
from cluster.laptop.doctor import examine


@click.command()
@json_option
def doctor(*, as_json: bool) -> int:
    """Name what is wrong with this machine or the platform, and the remedy."""
    findings = examine(default_home())
    if as_json:
        print_json({"healthy": not findings, "findings": findings})
    elif not findings:
        click.echo("nothing is wrong")
    for finding in () if as_json else findings:
        click.echo(f"✗ {finding.what}\n  → {finding.remedy}")
    return 1 if findings else 0
