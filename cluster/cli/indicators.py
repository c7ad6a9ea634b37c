"""`trii indicators`: what there is, and what one of them takes, gives and waits for."""

from typing import Any

import click

from cluster.cli.output import json_option, print_json, print_table
from cluster.errors import BadInput
from market import indicators
from market.errors import MarketError
from market.indicators import Indicator


@click.group(name="indicators", invoke_without_command=True)
@json_option
@click.pass_context
def indicators_(context: click.Context, *, as_json: bool) -> None:
    """List the indicators; `show NAME` tells of one, such as sma:20."""
    if context.invoked_subcommand is not None:
        return
    found = [document(indicators.parse(name)) for name in indicators.names()]
    if as_json:
        print_json(found)
        return
    rows = [
        (indicator["default"], ", ".join(indicator["columns"]), indicator["description"])
        for indicator in found
    ]
    print_table(("name with its defaults", "gives", "what it is"), rows)


@indicators_.command()
@click.argument("name")
@json_option
def show(*, name: str, as_json: bool) -> None:
    """Show one indicator: parameters with their bounds, what it gives, reads and waits for."""
    try:
        chosen = indicators.parse(name)
    except MarketError as exc:
        raise BadInput(str(exc)) from exc
    if as_json:
        print_json(document(chosen))
        return
    click.echo(f"{chosen.name}: {chosen.definition.description}\n")
    click.echo(f"reads    {', '.join(chosen.inputs)}")
    click.echo(f"gives    {', '.join(chosen.columns)}")
    click.echo(f"warm-up  {chosen.warm_up} bars without a value\n")
    rows = [
        (one.name, value, one.default, one.low, one.high)
        for one, value in zip(chosen.definition.parameters, chosen.params, strict=True)
    ]
    print_table(("parameter", "here", "default", "from", "to"), rows) if rows else click.echo(
        "no parameters"
    )


def document(chosen: Indicator) -> dict[str, Any]:
    """Plain values: `name` as it was chosen, `default` as it parses where nothing is said."""
    (told,) = (
        described
        for described in indicators.describe()
        if described["name"] == chosen.definition.name
    )
    default = indicators.parse(chosen.definition.name).name
    return {**told, "default": default, "chosen": chosen.name, "warm_up": chosen.warm_up}
