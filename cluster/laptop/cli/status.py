"""`trii status`: what runs, where, and since when."""

import click

from cluster.cli.output import json_option, print_json, print_table
from cluster.environment import default_home
from cluster.laptop.status import status as read_status
from cluster.settings import load_settings


@click.command()
@json_option
def status(*, as_json: bool) -> int:
    """Show state, address, PID, age and restarts of each component; exit status 1 unless all is ready."""
    current = read_status(load_settings())
    if as_json:
        print_json(current.as_dict())
    elif not current.components:
        click.echo(f"there is no platform at {default_home()}; start one with `trii up`")
    else:
        rows = [
            (c.name, c.state, c.address, c.pid, _age(c.age_s), c.restarts, c.reason)
            for c in current.components
        ]
        header = ("component", "state", "address", "pid", "age", "restarts", "last")
        print_table(header, rows)
    return 0 if current.ready else 1


def _age(seconds: float | None) -> str | None:
    """A duration for people."""
    if seconds is None:
        return None
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
