"""`trii cluster render`: the file that `ray up` reads."""

from pathlib import Path

import click

from cluster.files import write_whole
from cluster.fleet.cli.options import FILE, environment_option, ground_option
from cluster.fleet.render.rendering import SETTINGS, TARGETS, render
from cluster.fleet.source import reading


@click.command(name="render")
@environment_option
@ground_option
@click.option(
    "--target", type=click.Choice([*TARGETS, SETTINGS]), default="aws", help="Who reads it (aws)."
)
@click.option(
    "--name", help="Another cluster of the environment, which takes the first one's place."
)
@click.option("--output", type=FILE, help="A file instead of printing.")
def render_(
    *, environment: str, ground: Path | None, target: str, name: str | None, output: Path | None
) -> None:
    """Write the file that `ray up` reads, for an environment."""
    source = reading.cluster_source(environment, name=name)
    text = render(source, reading.ground(ground), target=target)
    if output is None:
        click.echo(text, nl=False)
        return
    write_whole(output, text, called="--output")
    click.echo(f"wrote {output}")
