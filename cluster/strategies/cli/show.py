"""`trii strategy show`: one strategy, shipped or one's own."""

from typing import Any

import click

from cluster.cli.output import json_option, print_json, print_table
from cluster.errors import BadInput
from cluster.own_code.functions import stdout_to_stderr
from cluster.own_code.strategies import choose
from cluster.strategies.document import document
from market.errors import MarketError

_HEADER = ("parameter", "default", "from", "to", "kind")


@click.command()
@click.argument("name", metavar="NAME|FILE.py:CLASS")
@json_option
def show(*, name: str, as_json: bool) -> None:
    """Show one strategy: what it does, its parameters with their bounds, and what it reads."""
    try:
        # What a file prints on import must not get into the document.
        with stdout_to_stderr():
            found = document(choose(name))
    except MarketError as exc:
        raise BadInput(str(exc)) from exc
    print_json(found) if as_json else _print(found)


def _print(found: dict[str, Any]) -> None:
    click.echo(f"{found['name']}: {found['doc'] or 'it says nothing of itself'}\n")
    when = f", asked at each {found['rebalance']}" if found["rebalance"] else ""
    click.echo(f"scope   {found['scope']} (method {found['shape']}{when})")
    click.echo(f"inputs  {', '.join(found['inputs']) or 'none'}")
    click.echo(f"fields  {', '.join(found['fields']) or 'none'}\n")
    if not found["parameters"]:
        click.echo("no parameters")
        return
    rows = [
        (p["name"], p["default"], p["low"], p["high"], "whole number" if p["whole"] else "number")
        for p in found["parameters"]
    ]
    print_table(_HEADER, rows)
