"""`trii down`: end the platform's processes; data stay."""

import click

from cluster.cli.output import json_option, print_json
from cluster.environment import default_home
from cluster.laptop import lifecycle
from cluster.laptop.progress import StepLines


@click.command()
@json_option
def down(*, as_json: bool) -> None:
    """End exactly the processes that `trii up` started. No data are lost."""
    ended = lifecycle.down(default_home(), progress=StepLines())
    if as_json:
        print_json({"ended": ended})
    elif not ended:
        click.echo(f"nothing runs at {default_home()}", err=True)
