"""Options that the commands of `trii cluster` share."""

from pathlib import Path
from typing import get_args

import click

from cluster.fleet.source.cluster import Environment

environment_option = click.option(
    "--env",
    "environment",
    type=click.Choice(get_args(Environment)),
    required=True,
    help="Whose cluster.",
)
ground_option = click.option(
    "--ground",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Terraform's outputs, as `terraform output -json` prints them; an example by default.",
)
