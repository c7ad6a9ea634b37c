"""`trii up`: start the platform, or heal it."""

import time

import click

from cluster.cli.output import json_option, print_json
from cluster.clock import utc_now
from cluster.environment import default_home
from cluster.laptop import lifecycle
from cluster.laptop.progress import StepLines
from cluster.laptop.summary import print_summary, summary
from cluster.settings import keep_loopback_direct


@click.command()
@json_option
def up(*, as_json: bool) -> None:
    """Start the platform, or heal it; it goes on running when this returns."""
    keep_loopback_direct()
    start = time.monotonic()
    settings = lifecycle.up(default_home(), clock=utc_now, progress=StepLines())
    document = summary(settings, clock=utc_now)
    if as_json:
        print_json(document)
    else:
        print_summary(document)
        click.echo(f"\nup in {time.monotonic() - start:.1f} s", err=True)
