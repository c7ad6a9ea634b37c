"""Options that the commands of `trii cluster` share."""

from pathlib import Path
from typing import Final, get_args

import click

from cluster.fleet.source.cluster import Environment

FILE: Final = click.Path(path_type=Path, dir_okay=False)
"""A file by its path; whether it is there and can be read or written is said by who opens it."""

environment_option = click.option(
    "--env",
    "environment",
    type=click.Choice(get_args(Environment)),
    required=True,
    help="Whose cluster.",
)
ground_option = click.option(
    "--ground",
    type=FILE,
    help="Terraform's outputs, as `terraform output -json` prints them; an example by default.",
)
