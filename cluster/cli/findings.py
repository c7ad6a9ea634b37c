"""How commands print what a doctor found wrong."""

from collections.abc import Sequence
from typing import Any

import click

from cluster.cli.output import print_json
from cluster.findings import Finding


def tell(findings: Sequence[Finding], *, as_json: bool, **seen: Any) -> int:
    """Print them, in a document with what was `seen` besides; the exit status is 1 where there are any."""
    if as_json:
        print_json({"healthy": not findings, "findings": findings, **seen})
    elif not findings:
        click.echo("nothing is wrong")
    for finding in () if as_json else findings:
        click.echo(f"✗ {finding.name}: {finding.what}\n  → {finding.remedy}")
    return 1 if findings else 0
