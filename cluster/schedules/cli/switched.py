"""What `trii schedule pause` and `resume` answer."""

import click

from cluster.cli.output import print_json


def tell(name: str, state: str, *, changed: bool, as_json: bool) -> None:
    """Say that a schedule is in a state now; `changed`: it was in the other one."""
    if as_json:
        print_json({"schedule": name, "state": state, "changed": changed})
    else:
        click.echo(f"{name} is {state}" if changed else f"{name} was {state} already")
