"""`trii strategy list`: the strategies that are shipped."""

import click

from cluster.cli.output import json_option, print_json, print_table
from cluster.own_code.strategies import choose
from cluster.strategies.document import document, summary
from market.strategies import strategy_names

_HEADER = ("name", "scope", "parameters", "what it does")


@click.command(name="list")
@json_option
def list_(*, as_json: bool) -> None:
    """List the strategies that are shipped; your own are named FILE.py:CLASS wherever one is asked for."""
    found = [document(choose(name)) for name in strategy_names()]
    if as_json:
        print_json(found)
        return
    print_table(
        _HEADER,
        [
            (
                strategy["name"],
                strategy["scope"],
                " ".join(f"{p['name']}={p['default']:g}" for p in strategy["parameters"]) or None,
                summary(strategy),
            )
            for strategy in found
        ],
    )
